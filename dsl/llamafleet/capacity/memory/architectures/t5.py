"""T5, drafts and speech (src/models/t5*.cpp, eagle3.cpp, wavtokenizer-dec.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture

ARCHITECTURES = (
    Architecture(
        name="t5",
        exact="partly",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        tensor_split="refused",
    ),
    Architecture(
        name="t5encoder",
        exact="partly",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
    ),
    Architecture(
        name="dflash",
        exact="partly",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        tensor_split="unknown",
        mixed_batch=False,
    ),
    Architecture(
        name="eagle3",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        mixed_batch=False,
    ),
    Architecture(
        name="pockettts",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
    ),
    Architecture(
        name="wavtokenizer-dec",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        kv_cache="none",
    ),
)
