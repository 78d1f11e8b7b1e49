"""EXAONE (src/models/exaone*.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture, Router, Window

ARCHITECTURES = (
    Architecture(
        name="exaone",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
    ),
    Architecture(
        name="exaone4",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="windows",
        output_head=LOGITS,
        window=Window(period=4, length=4096, layers=64),
        post_norm_of_layer=True,
    ),
    Architecture(
        name="exaone-moe",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="windows",
        output_head=LOGITS,
        window=Window(period=4, length=128),
        router=Router(gating="by key, else sigmoid", weights="by key"),
    ),
)
