"""Command R and Cohere 2 (src/models/command-r.cpp, cohere2*.cpp)."""

from __future__ import annotations

from .record import Architecture, OutputHead, Router, Window

ARCHITECTURES = (
    Architecture(
        name="command-r",
        exact="recorded",
        graph="parallel",
        norm="layer",
        rope="all",
        output_head=OutputHead(scale="by key"),
        parallel_sum="residual",
    ),
    Architecture(
        name="cohere2",
        exact="recorded",
        graph="parallel",
        norm="layer",
        rope="windows",
        output_head=OutputHead(scale="by key"),
        window=Window(period=4),
        parallel_sum="residual",
    ),
    Architecture(
        name="cohere2moe",
        exact="recorded",
        graph="parallel",
        norm="rms",
        rope="all",
        output_head=OutputHead(rows="normed", scale="by key"),
        window=Window(period=4, dense_first=True),
        parallel_sum="residual",
        router=Router(gating="by key, else sigmoid", weights="by key", scales_sum=True),
    ),
)
