"""`--spec-type draft-mtp`: a second context over the model's own layers that draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .flags import Flags
from .geometry import Geometry
from .kv_cache import row
from .placement import Placement
from .shape import Shape
from .terms import HOST, Estimate, Term

SOURCE = "src/llama-model.cpp, llama_model::create_memory for LLAMA_CONTEXT_TYPE_MTP"


def mtp(
    found: Estimate, shape: Shape, flags: Flags, geometry: Geometry, placement: Placement
) -> Iterator[Term]:
    """A cache for these layers alone, outputs of its own, and about the same working memory."""
    sizes: dict[str, int] = {}
    drafting = shape.layers[shape.attended :]
    for layer in drafting:
        device = placement.layers[layer.index] if flags.kv_offload else HOST
        wide = row(flags.draft_type_k, layer.k)
        wide += 0 if shape.latent else row(flags.draft_type_v, layer.v)
        cells = geometry.per_sequence * geometry.streams
        sizes[device] = sizes.get(device, 0) + wide * cells
    for device, size in sizes.items():
        formula = f"{len(drafting)} layers x {geometry.per_sequence} cells x {geometry.streams}"
        yield Term(device, "kv", "KV cache of layers that draft", size, formula, SOURCE)
    used = {placement.layers[layer.index] for layer in drafting} | {HOST}
    for term in found.terms:
        if term.kind == "output":
            size = shape.vocabulary * geometry.sequences * 4
            yield replace(term, what="output buffer of the layers that draft", size=size)
        elif term.kind == "compute" and term.device in used:
            formula = "rule of thumb: as much as the model's"
            yield replace(term, what="compute buffer to draft, about", formula=formula)
