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

SOURCE = "src/llama-model.cpp, llama_model::create_memory"


def indexer_cache(
    facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Iterator[Term]:
    """Yield a term for each device."""
    size = facts.integer("attention.indexer.key_length") or 0
    cells = cparams.n_ctx_seq * cparams.n_stream
    each = row(flags.cache_type_k, size) * cells
    indexer = hparams.architecture.indexer
    if indexer is not None and indexer.values:
        each += row(flags.cache_type_v, hparams.layers[0].n_embd_head_v) * cells
    counts: dict[str, int] = {}
    for layer in indexed(facts, hparams):
        device = placement.layers[layer] if flags.kv_offload else HOST
        counts[device] = counts.get(device, 0) + 1
    for device, count in counts.items():
        formula = f"{count} layers x {cells} cells x {size} values"
        yield Term(device, "kv", "keys of the indexer", count * each, formula, SOURCE)


def indexed(facts: GgufFacts, hparams: HParams) -> tuple[int, ...]:
    """Return the layers that have an indexer of their own."""
    count, indexer = hparams.n_layer, hparams.architecture.indexer
    if indexer is None:
        return ()
    if indexer.values:
        return tuple(range(facts.integer("leading_dense_block_count") or 0, count))
    if indexer.needs_top_k and not facts.integer("attention.indexer.top_k"):
        return ()
    said = facts.per_layer("attention.indexer.types", count)
    if said is not None:
        return tuple(index for index in range(count) if said[index])
    if indexer.shared_from and hparams.n_ctx_train >= indexer.shared_from:
        return tuple(index for index in range(count) if index < 2 or (index - 2) % 4 == 0)
    return tuple(range(count))
