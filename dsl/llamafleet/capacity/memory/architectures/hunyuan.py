"""Hunyuan and HY (src/models/hunyuan-*.cpp, hy_v*.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture, Indexer, OutputHead, Router

ARCHITECTURES = (
    Architecture(
        name="hunyuan-dense",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        qk_norm="after rope",
    ),
    Architecture(
        name="hunyuan-moe",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        qk_norm="after rope",
        router=Router(gating="softmax", weights="normed"),
    ),
    Architecture(
        name="hunyuan_vl",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        positions="by key",
        qk_norm="after rope",
    ),
    Architecture(
        name="hy_v3",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=OutputHead(rows="normed"),
        router=Router(gating="by key, else sigmoid", weights="by key"),
    ),
    Architecture(
        name="hy_v4",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        indexer=Indexer(needs_top_k=True),
        tensor_split="refused",
        router=Router(weights="by key"),
    ),
    Architecture(
        name="hrm_text",
        exact="partly",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        tensor_split="unknown",
    ),
)
