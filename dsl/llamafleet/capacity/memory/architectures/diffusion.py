"""Models of diffusion, which see their whole batch (src/models/dream.cpp, llada*.cpp, rnd1.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture, Router

ARCHITECTURES = (
    Architecture(
        name="dream",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        causal=False,
        kv_cache="none",
    ),
    Architecture(
        name="llada",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        causal=False,
        kv_cache="none",
    ),
    Architecture(
        name="llada-moe",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        causal=False,
        kv_cache="none",
        router=Router(gating="softmax", weights="plain"),
    ),
    Architecture(
        name="rnd1",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        causal=False,
        kv_cache="none",
    ),
)
