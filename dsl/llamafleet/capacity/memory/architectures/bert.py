"""Models of embeddings (src/models/bert.cpp and neighbours)."""

from __future__ import annotations

from .record import Architecture, OutputHead, Router, Window

ARCHITECTURES = (
    Architecture(
        name="bert",
        exact="recorded",
        graph="encoder",
        norm="layer",
        rope="none",
        output_head=OutputHead(logits="never", copies_tied=False),
        kv_cache="none",
        positions_first=True,
    ),
    Architecture(
        name="jina-bert-v2",
        exact="unrecorded",
        graph="encoder",
        norm="layer",
        rope="none",
        output_head=OutputHead(logits="never", copies_tied=False),
        kv_cache="none",
    ),
    Architecture(
        name="jina-bert-v3",
        exact="unrecorded",
        graph="encoder",
        norm="layer",
        rope="all",
        output_head=OutputHead(logits="never", copies_tied=False),
        kv_cache="none",
    ),
    Architecture(
        name="nomic-bert",
        exact="recorded",
        graph="encoder",
        norm="layer",
        rope="all",
        output_head=OutputHead(logits="never", copies_tied=False),
        kv_cache="none",
    ),
    Architecture(
        name="nomic-bert-moe",
        exact="unrecorded",
        graph="encoder",
        norm="layer",
        rope="all",
        output_head=OutputHead(logits="never", copies_tied=False),
        kv_cache="none",
        router=Router(gating="softmax", weights="plain"),
    ),
    Architecture(
        name="neo-bert",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=OutputHead(logits="never", copies_tied=False),
        kv_cache="none",
    ),
    Architecture(
        name="eurobert",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=OutputHead(logits="never", copies_tied=False),
        kv_cache="none",
    ),
    Architecture(
        name="modern-bert",
        exact="recorded",
        graph="sequential",
        norm="layer",
        rope="all",
        output_head=OutputHead(logits="never", copies_tied=False),
        kv_cache="none",
        window=Window(period=3, dense_first=True, optional=True),
    ),
)
