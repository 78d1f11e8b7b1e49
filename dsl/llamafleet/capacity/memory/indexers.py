"""The second cache of models with sparse attention: keys by which an indexer chooses cells."""

from __future__ import annotations

from collections.abc import Iterator

from ...gguf import GgufFacts
from .flags import Flags
from .geometry import Geometry
from .kv_cache import row
from .placement import Placement
from .shape import Shape
from .terms import HOST, Term

SPARSE = frozenset({"deepseek32", "glm-dsa", "hy_v4"})
"""Their layers keep one head of keys (src/llama-kv-cache-dsa.cpp)."""

SPARSE_WITH_VALUES = frozenset({"minimax-m3"})
"""After the leading dense layers, K and as wide a V (src/llama-kv-cache-msa.cpp)."""

GLM_5_2_CONTEXT = 1 << 20
"""From this trained context on, GLM shares an indexer among four layers."""

SOURCE = "src/llama-model.cpp, llama_model::create_memory"


def indexer_cache(
    facts: GgufFacts, shape: Shape, flags: Flags, geometry: Geometry, placement: Placement
) -> Iterator[Term]:
    """One term a device."""
    size = facts.integer("attention.indexer.key_length") or 0
    cells = geometry.per_sequence * geometry.streams
    each = row(flags.cache_type_k, size) * cells
    if shape.architecture in SPARSE_WITH_VALUES:
        each += row(flags.cache_type_v, shape.layers[0].head_v) * cells
    counts: dict[str, int] = {}
    for layer in indexed(facts, shape):
        device = placement.layers[layer] if flags.kv_offload else HOST
        counts[device] = counts.get(device, 0) + 1
    for device, count in counts.items():
        formula = f"{count} layers x {cells} cells x {size} values"
        yield Term(device, "kv", "keys of the indexer", count * each, formula, SOURCE)


def indexed(facts: GgufFacts, shape: Shape) -> tuple[int, ...]:
    """The layers that have an indexer of their own."""
    count, kind = shape.attended, shape.architecture
    if kind in SPARSE_WITH_VALUES:
        return tuple(range(facts.integer("leading_dense_block_count") or 0, count))
    if kind not in SPARSE or (kind == "hy_v4" and not facts.integer("attention.indexer.top_k")):
        return ()
    said = facts.per_layer("attention.indexer.types", count)
    if said is not None:
        return tuple(index for index in range(count) if said[index])
    if kind == "glm-dsa" and shape.trained >= GLM_5_2_CONTEXT:
        return tuple(index for index in range(count) if index < 2 or (index - 2) % 4 == 0)
    return tuple(range(count))
