"""RWKV (src/models/rwkv*.cpp, arwkv7.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture, Recurrent

ARCHITECTURES = (
    Architecture(
        name="rwkv6",
        exact="partly",
        graph="sequential",
        norm="layer",
        rope="all",
        output_head=LOGITS,
        recurrent=Recurrent(layers="all", state="wkv"),
    ),
    Architecture(
        name="rwkv6qwen2",
        exact="partly",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        recurrent=Recurrent(layers="all", state="wkv", token_shifts=1),
    ),
    Architecture(
        name="rwkv7",
        exact="recorded",
        graph="time-mix",
        norm="layer",
        rope="all",
        output_head=LOGITS,
        recurrent=Recurrent(layers="all", state="wkv"),
    ),
    Architecture(
        name="arwkv7",
        exact="recorded",
        graph="time-mix",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        recurrent=Recurrent(layers="all", state="wkv", token_shifts=1),
    ),
)
