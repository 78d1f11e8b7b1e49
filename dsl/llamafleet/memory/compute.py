"""Compute buffers: the graph of the largest batch, laid out as ggml does it."""

from __future__ import annotations

from collections.abc import Iterator

from ..gguf import GgufFacts
from .flags import Flags
from .geometry import Geometry
from .graph.networks import network
from .graph.scheduler import Machine, buffers
from .placement import Placement
from .shape import Shape
from .terms import HOST, Term

SOURCE = "src/llama-context.cpp, llama_context::sched_reserve; ggml/src/ggml-alloc.c"


def compute(
    facts: GgufFacts, shape: Shape, flags: Flags, geometry: Geometry, placement: Placement
) -> Iterator[Term]:
    """One term a compute buffer of the log."""
    net = network(facts, shape, flags, geometry, placement)
    found = buffers(net.graph, net.inputs, machine(flags, placement), geometry.tokens)
    copies = 4 if placement.pipelined else 1
    for device in (*placement.devices, HOST):
        formula = f"{geometry.tokens} tokens, {net.outputs} outputs, inputs held {copies} times"
        yield Term(device, "compute", "compute buffer", found[device], formula, SOURCE)


def machine(flags: Flags, placement: Placement) -> Machine:
    """RPC computes only with what lies there; other devices take a batch's work from the host."""
    near = [each for each in placement.devices if not each.startswith("RPC")]
    offloads_to = near[0] if near and flags.op_offload else None
    return Machine(placement.devices, placement.pipelined, offloads_to)
