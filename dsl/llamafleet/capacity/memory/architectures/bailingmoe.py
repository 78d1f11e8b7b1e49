"""Ling and Ring (src/models/bailingmoe*.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture, OutputHead, Recurrent, Router

ARCHITECTURES = (
    Architecture(
        name="bailingmoe",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        router=Router(gating="softmax", weights="by key"),
    ),
    Architecture(
        name="bailingmoe2",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        router=Router(gating="by key, else sigmoid", weights="by key"),
    ),
    Architecture(
        name="bailingmoe3",
        exact="partly",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=OutputHead(rows="normed"),
        recurrent=Recurrent(layers="without heads", state="kda"),
        tensor_split="refused",
        positions="by key",
        router=Router(gating="by key, else sigmoid", weights="by key"),
    ),
)
