"""`--spec-type draft-mtp`: a second context over the model's own layers that draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...gguf import GgufFacts
from .compute import SOURCE as COMPUTE
from .flags import Flags
from .geometry import Geometry
from .graph.drafting import drafting_network
from .graph.scheduler import buffers, machine
from .graph.tensors import UnknownGraphError
from .kv_cache import row
from .outputs import SOURCE as OUTPUTS
from .placement import Placement
from .shape import Shape
from .terms import HOST, Estimate, Term

SOURCE = "src/llama-model.cpp, llama_model::create_memory for LLAMA_CONTEXT_TYPE_MTP"


def mtp(
    found: Estimate,
    facts: GgufFacts,
    shape: Shape,
    flags: Flags,
    geometry: Geometry,
    placement: Placement,
) -> Iterator[Term]:
    """A cache for these layers alone, outputs of its own, and about the same working memory."""
    drafts = replace(flags, cache_type_k=flags.draft_type_k, cache_type_v=flags.draft_type_v)
    sizes: dict[str, int] = {}
    drafting = shape.layers[shape.attended :]
    for layer in drafting:
        device = placement.layers[layer.index] if flags.kv_offload else HOST
        wide = row(drafts.cache_type_k, layer.k)
        wide += 0 if shape.latent else row(drafts.cache_type_v, layer.v)
        cells = geometry.per_sequence * geometry.streams
        sizes[device] = sizes.get(device, 0) + wide * cells
    for device, size in sizes.items():
        formula = f"{len(drafting)} layers x {geometry.per_sequence} cells x {geometry.streams}"
        yield Term(device, "kv", "KV cache of layers that draft", size, formula, SOURCE)
    size = shape.vocabulary * geometry.sequences * 4
    formula = f"{shape.vocabulary} values x {geometry.sequences} slots x 4 bytes"
    yield Term(HOST, "output", "output buffer to draft", size, formula, OUTPUTS)
    yield from _computed(found, facts, shape, drafts, geometry, placement)


def _computed(
    found: Estimate,
    facts: GgufFacts,
    shape: Shape,
    flags: Flags,
    geometry: Geometry,
    placement: Placement,
) -> Iterator[Term]:
    try:
        net = drafting_network(facts, shape, flags, geometry, placement)
    except UnknownGraphError:
        for term in found.terms:
            if term.kind == "compute":
                formula = "rule of thumb, the graph is not known: as much as the model's"
                what = "compute buffer to draft, about"
                yield replace(term, what=what, formula=formula, off=term.size // 2)
        return
    sizes = buffers(net.graph, net.graph.inputs, machine(flags, placement), geometry.tokens)
    for device in (*placement.devices, HOST):
        formula = f"{geometry.tokens} tokens, {net.outputs} outputs"
        yield Term(device, "compute", "compute buffer to draft", sizes[device], formula, COMPUTE)
