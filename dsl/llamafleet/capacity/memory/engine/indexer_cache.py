"""The second cache of models with sparse attention: keys by which an indexer chooses cells."""

from __future__ import annotations

from collections.abc import Iterator

from ....gguf import GgufFacts
from ..cparams import CParams
from ..flags import Flags
from ..hparams import HParams
from ..terms import HOST, Term
from .kv_cache import row
from .placement import Placement

SPARSE = frozenset({"deepseek32", "glm-dsa", "hy_v4"})
"""Their layers keep one head of keys (src/llama-kv-cache-dsa.cpp)."""

SPARSE_WITH_VALUES = frozenset({"minimax-m3"})
"""After the leading dense layers, K and as wide a V (src/llama-kv-cache-msa.cpp)."""

GLM_5_2_CONTEXT = 1 << 20
"""From this trained context on, GLM shares an indexer among four layers."""

SOURCE = "src/llama-model.cpp, llama_model::create_memory"


def indexer_cache(
    facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Iterator[Term]:
    """One term a device."""
    size = facts.integer("attention.indexer.key_length") or 0
    cells = cparams.per_sequence * cparams.streams
    each = row(flags.cache_type_k, size) * cells
    if hparams.architecture in SPARSE_WITH_VALUES:
        each += row(flags.cache_type_v, hparams.layers[0].head_v) * cells
    counts: dict[str, int] = {}
    for layer in indexed(facts, hparams):
        device = placement.layers[layer] if flags.kv_offload else HOST
        counts[device] = counts.get(device, 0) + 1
    for device, count in counts.items():
        formula = f"{count} layers x {cells} cells x {size} values"
        yield Term(device, "kv", "keys of the indexer", count * each, formula, SOURCE)


def indexed(facts: GgufFacts, hparams: HParams) -> tuple[int, ...]:
    """The layers that have an indexer of their own."""
    count, kind = hparams.attended, hparams.architecture
    if kind in SPARSE_WITH_VALUES:
        return tuple(range(facts.integer("leading_dense_block_count") or 0, count))
    if kind not in SPARSE or (kind == "hy_v4" and not facts.integer("attention.indexer.top_k")):
        return ()
    said = facts.per_layer("attention.indexer.types", count)
    if said is not None:
        return tuple(index for index in range(count) if said[index])
    if kind == "glm-dsa" and hparams.trained >= GLM_5_2_CONTEXT:
        return tuple(index for index in range(count) if index < 2 or (index - 2) % 4 == 0)
    return tuple(range(count))
