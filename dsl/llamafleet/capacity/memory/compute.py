"""Compute buffers: the graph of the largest batch, laid out as ggml does it."""

from __future__ import annotations

from collections.abc import Iterator

from ...gguf import GgufFacts
from .flags import Flags
from .geometry import Geometry
from .graph.networks import network
from .graph.scheduler import buffers, machine
from .graph.tensors import UnknownGraphError
from .indexers import indexed
from .placement import Placement
from .shape import Shape
from .terms import HOST, Term

NEARLY = frozenset({"cogvlm", "grovemoe", "openelm", "plamo2", "talkie"})
"""Of their graphs a step or two is not built as it is: some more is counted."""

PARTLY = frozenset({
    "bailingmoe3", "clef", "deepseek4", "dflash", "dots3note", "glm5-next", "graniteswitch",
    "grok", "hrm_text", "kimi-k3", "minimax-01", "qwen4exp", "rwkv6", "rwkv6qwen2", "t5",
    "t5encoder",
})  # fmt: skip
"""Their graphs have whole parts that are not built: twice as much is counted."""

INDEXED_BYTES = 17
"""What an indexer's scores take for each token and cell; its graph is not built either."""

THUMB = "rule of thumb, the graph of this architecture is not known"
SOURCE = "src/llama-context.cpp, llama_context::sched_reserve; ggml/src/ggml-alloc.c"


def compute(
    facts: GgufFacts, shape: Shape, flags: Flags, geometry: Geometry, placement: Placement
) -> Iterator[Term]:
    """One term a compute buffer of the log."""
    try:
        net = network(facts, shape, flags, geometry, placement)
    except UnknownGraphError as unknown:
        # A graph that is put together in another way, of tensors with other names.
        yield from _by_thumb(shape, geometry, placement, str(unknown))
        return
    found = buffers(net.graph, net.graph.inputs, machine(flags, placement), geometry.tokens)
    copies = 4 if placement.pipelined else 1
    more = _not_built(facts, shape, geometry)
    scores = {placement.layers[each] for each in indexed(facts, shape)}
    for device in (*placement.devices, HOST):
        formula = f"{geometry.tokens} tokens, {net.outputs} outputs, inputs held {copies} times"
        size, off = found[device], 0
        if more is not None and size:
            factor, extra = more
            if extra and device not in scores:
                extra = geometry.per_sequence * geometry.tokens * 2
            off = int(size * (factor - 1)) + extra // 2
            size = int(size * factor) + extra
            formula = f"{formula}; {THUMB} in all parts: {factor} times, and {extra} bytes"
        yield Term(device, "compute", "compute buffer", size, formula, SOURCE, off)


def _not_built(facts: GgufFacts, shape: Shape, geometry: Geometry) -> tuple[float, int] | None:
    """By what a buffer is taken larger because parts of the graph are not known."""
    if indexed(facts, shape):
        cells = geometry.per_sequence * geometry.streams
        return 1.0, cells * geometry.tokens * INDEXED_BYTES
    if shape.architecture in NEARLY:
        return 1.15, 0
    return (2.0, 0) if shape.architecture in PARTLY else None


def _by_thumb(shape: Shape, geometry: Geometry, placement: Placement, why: str) -> Iterator[Term]:
    """Where no graph is known: what is live at once in a wide layer, and every cell's mask."""
    wide = max((each.feed_forward for each in shape.layers), default=0)
    values = 6 * shape.embedding + 3 * wide + geometry.per_sequence // 2
    copies = 4 if placement.pipelined else 1
    size = max(values * geometry.tokens * copies, shape.vocabulary * geometry.outputs) * 4
    for device in (*placement.devices, HOST):
        formula = f"{THUMB} ({why}): {geometry.tokens} tokens x {values} values"
        yield Term(device, "compute", "compute buffer", size, formula, SOURCE, off=size // 2)
