"""MiniMax and MiniCPM (src/models/minimax-*.cpp, minicpm*.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture, Indexer, OutputHead, Recurrent, Router

ARCHITECTURES = (
    Architecture(
        name="minimax-01",
        exact="partly",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        recurrent=Recurrent(layers="interval", state="lightning"),
        tensor_split="refused",
        expands_norm=True,
    ),
    Architecture(
        name="minimax-m2",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        tensor_split="refused",
        router=Router(gating="by key, else softmax", weights="normed"),
    ),
    Architecture(
        name="minimax-m3",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        indexer=Indexer(values=True),
        tensor_split="refused",
        router=Router(gating="by key, else sigmoid", weights="by key"),
    ),
    Architecture(
        name="minicpm",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=OutputHead(scale="always"),
        embedding_scale="always",
        residual_scale="always",
    ),
    Architecture(
        name="minicpm3",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        tensor_split="refused",
        embedding_scale="always",
        residual_scale="always",
    ),
)
