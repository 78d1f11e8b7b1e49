"""Compute buffers: the graph of the largest batch, laid out as ggml does it."""

from __future__ import annotations

from collections.abc import Iterator

from ..gguf import GgufFacts
from .flags import Flags
from .geometry import Geometry
from .graph.networks import network
from .graph.scheduler import buffers, machine
from .placement import Placement
from .shape import Shape
from .terms import HOST, Term

NEEDED = {"token_embd.weight"}
THUMB = "rule of thumb, the graph of this architecture is not known"
SOURCE = "src/llama-context.cpp, llama_context::sched_reserve; ggml/src/ggml-alloc.c"


def compute(
    facts: GgufFacts, shape: Shape, flags: Flags, geometry: Geometry, placement: Placement
) -> Iterator[Term]:
    """One term a compute buffer of the log."""
    if not facts.by_name.keys() >= NEEDED:
        yield from _by_thumb(shape, geometry, placement)
        return
    try:
        net = network(facts, shape, flags, geometry, placement)
    except (KeyError, IndexError, StopIteration):
        # A graph that is put together in another way, of tensors with other names.
        yield from _by_thumb(shape, geometry, placement)
        return
    found = buffers(net.graph, net.graph.inputs, machine(flags, placement), geometry.tokens)
    copies = 4 if placement.pipelined else 1
    for device in (*placement.devices, HOST):
        formula = f"{geometry.tokens} tokens, {net.outputs} outputs, inputs held {copies} times"
        yield Term(device, "compute", "compute buffer", found[device], formula, SOURCE)


def _by_thumb(shape: Shape, geometry: Geometry, placement: Placement) -> Iterator[Term]:
    """Where no graph is known: what is live at once in a wide layer, and every cell's mask."""
    wide = max((each.feed_forward for each in shape.layers), default=0)
    values = 6 * shape.embedding + 3 * wide + geometry.per_sequence // 2
    copies = 4 if placement.pipelined else 1
    size = max(values * geometry.tokens * copies, shape.vocabulary * geometry.outputs) * 4
    for device in (*placement.devices, HOST):
        formula = f"{THUMB}: {geometry.tokens} tokens x {values} values"
        yield Term(device, "compute", "compute buffer", size, formula, SOURCE)
