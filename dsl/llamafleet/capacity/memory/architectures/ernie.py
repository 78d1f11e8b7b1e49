"""Ernie 4.5 and PaddleOCR (src/models/ernie4-5*.cpp, paddleocr.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture, Router

ARCHITECTURES = (
    Architecture(
        name="ernie4_5",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
    ),
    Architecture(
        name="ernie4_5-moe",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        router=Router(gating="softmax", weights="normed"),
    ),
    Architecture(
        name="paddleocr",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        positions="four",
    ),
)
