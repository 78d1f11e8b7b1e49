"""PLaMo (src/models/plamo*.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture, Recurrent, Window

ARCHITECTURES = (
    Architecture(
        name="plamo",
        exact="unrecorded",
        graph="parallel",
        norm="rms",
        rope="all",
        output_head=LOGITS,
    ),
    Architecture(
        name="plamo2",
        exact="nearly",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        recurrent=Recurrent(layers="without heads"),
        tensor_split="refused",
    ),
    Architecture(
        name="plamo3",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        window=Window(period=8, optional=True),
    ),
    Architecture(
        name="plm",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        squared_activation=True,
    ),
)
