"""Phi (src/models/phi*.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture, Router

ARCHITECTURES = (
    Architecture(
        name="phi2",
        exact="recorded",
        graph="parallel",
        norm="layer",
        rope="all",
        output_head=LOGITS,
        parallel_sum="attention first",
        scaled_query=True,
    ),
    Architecture(
        name="phi3",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        residual_first="feed-forward",
        scaled_query=True,
    ),
    Architecture(
        name="phimoe",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        residual_first="feed-forward",
        scaled_query=True,
        router=Router(gating="softmax", weights="normed"),
    ),
)
