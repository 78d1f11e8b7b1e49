"""Recurrent state: as large as it is, whatever the context."""

from __future__ import annotations

from collections.abc import Iterator

from .flags import Flags
from .geometry import Geometry
from .placement import Placement
from .shape import ROLLS_BACK, Shape
from .terms import HOST, Term

SOURCE = "src/llama-memory-recurrent.cpp, llama_memory_recurrent::llama_memory_recurrent"
KEEPS_STATES = frozenset({"draft-mtp", "draft-eagle3", "draft-dflash", "draft-dspark"})


def states(shape: Shape, flags: Flags, geometry: Geometry) -> int:
    """How many states a layer keeps: one a slot, and one for each drafted token."""
    drafted = 0
    if KEEPS_STATES & set(flags.spec_types) and shape.architecture in ROLLS_BACK:
        drafted = flags.draft_tokens
    return max(1, geometry.sequences) * (1 + drafted)


def recurrent(
    shape: Shape, flags: Flags, geometry: Geometry, placement: Placement
) -> Iterator[Term]:
    """One term a device with recurrent layers."""
    rows = states(shape, flags, geometry)
    counts: dict[str, int] = {}
    for layer in shape.layers:
        if layer.recurrent:
            device = placement.layers[layer.index] if flags.kv_offload else HOST
            counts[device] = counts.get(device, 0) + 1
    for device, count in counts.items():
        size = count * rows * (shape.state_r + shape.state_s) * 4
        formula = f"{count} layers x {rows} states x ({shape.state_r} + {shape.state_s}) x 4 bytes"
        yield Term(device, "recurrent", "recurrent state", size, formula, SOURCE)
