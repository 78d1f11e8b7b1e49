"""Granite (src/models/granite*.cpp)."""

from __future__ import annotations

from .record import Architecture, OutputHead, Recurrent, Router, Window

ARCHITECTURES = (
    Architecture(
        name="granite",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="unless disabled",
        output_head=OutputHead(scale="always"),
        embedding_scale="by key",
        residual_scale="by key",
    ),
    Architecture(
        name="granite_swa",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="unless disabled",
        output_head=OutputHead(scale="always"),
        window=Window(),
        embedding_scale="by key",
        residual_scale="by key",
        router=Router(gating="softmax", weights="normed"),
    ),
    Architecture(
        name="granitemoe",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=OutputHead(scale="always"),
        embedding_scale="by key",
        residual_scale="by key",
        router=Router(gating="softmax", weights="normed"),
    ),
    Architecture(
        name="granitehybrid",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="unless disabled",
        output_head=OutputHead(scale="always"),
        recurrent=Recurrent(layers="without heads"),
        tensor_split="refused",
        embedding_scale="by key",
        residual_scale="by key",
        router=Router(gating="softmax", weights="normed"),
    ),
    Architecture(
        name="graniteswitch",
        exact="partly",
        graph="sequential",
        norm="rms",
        rope="unless disabled",
        output_head=OutputHead(scale="always"),
        mixed_batch=False,
        embedding_scale="by key",
        residual_scale="by key",
    ),
)
