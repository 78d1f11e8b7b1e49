"""Qwen up to 3 (src/models/qwen*.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture, OutputHead, Router

ARCHITECTURES = (
    Architecture(
        name="qwen",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
    ),
    Architecture(
        name="qwen2",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
    ),
    Architecture(
        name="qwen2moe",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        router=Router(gating="softmax", weights="plain", divides_shared_gate=True),
    ),
    Architecture(
        name="qwen2vl",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        positions="four",
    ),
    Architecture(
        name="qwen3",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=OutputHead(softmax_of_ranks=True),
    ),
    Architecture(
        name="qwen3moe",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        router=Router(gating="softmax", weights="normed"),
    ),
    Architecture(
        name="qwen3vl",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=OutputHead(softmax_of_ranks=True),
        positions="four",
    ),
    Architecture(
        name="qwen3vlmoe",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        positions="four",
        router=Router(gating="softmax", weights="normed"),
    ),
    Architecture(
        name="qwen3tts",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        tensor_split="refused",
    ),
)
