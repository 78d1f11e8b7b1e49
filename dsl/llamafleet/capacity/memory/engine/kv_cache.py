"""The KV cache: rows of K and V for every cell, layer and stream."""

from __future__ import annotations

from collections.abc import Iterator

from ....dataclasses import dataclass
from ....gguf.tensor_types import BY_NAME
from ..cparams import CELLS, CParams, padded
from ..flags import Flags
from ..hparams import HParams, Layer
from ..terms import HOST, Term
from .placement import Placement

CACHE = "src/llama-kv-cache.cpp, llama_kv_cache::llama_kv_cache"
WINDOWED = "src/llama-kv-cache-iswa.cpp, llama_kv_cache_iswa::llama_kv_cache_iswa"


@dataclass(frozen=True, slots=True)
class Cache:
    """One cache of llama.cpp: its layers have the same number of cells in each stream."""

    layers: tuple[Layer, ...]
    cells: int
    windowed: bool


def row(kind: str, values: int) -> int:
    """Return the bytes of a row of values: ggml_row_size."""
    stored = BY_NAME[kind.upper()]
    return values * stored.bytes // stored.block


def caches(hparams: HParams, flags: Flags, cparams: CParams) -> tuple[Cache, ...]:
    """Return one cache, or two where some layers look through a window."""
    layers = (
        tuple(each for each in hparams.layers if each.attention) if hparams.has_kv_cache else ()
    )
    if not hparams.n_swa:
        return (Cache(layers, cparams.n_ctx_seq, False),) if layers else ()
    sequences = cparams.n_seq_max if cparams.kv_unified else 1
    window = padded(min(cparams.n_ctx_seq, hparams.n_swa * sequences + cparams.n_ubatch), CELLS)
    cells = cparams.n_ctx_seq if flags.swa_full else window
    full = tuple(each for each in layers if not each.window)
    windowed = tuple(each for each in layers if each.window)
    found = (Cache(full, cparams.n_ctx_seq, False), Cache(windowed, cells, True))
    return tuple(each for each in found if each.layers)


def kv_cache(
    hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Iterator[Term]:
    """Yield a term for each KV buffer of the log."""
    for cache in caches(hparams, flags, cparams):
        sizes: dict[str, list[int]] = {}
        for layer in cache.layers:
            device = placement.layers[layer.index] if flags.kv_offload else HOST
            sizes.setdefault(device, []).append(_size(cache, layer, hparams, flags, cparams))
        kinds = (
            flags.cache_type_k if hparams.is_mla else f"{flags.cache_type_k}/{flags.cache_type_v}"
        )
        for device, found in sizes.items():
            what = "KV cache of layers with a window" if cache.windowed else "KV cache"
            formula = (
                f"{len(found)} layers x {cache.cells} cells x {cparams.n_stream} streams, {kinds}"
            )
            source = WINDOWED if cache.windowed else CACHE
            yield Term(device, "kv", what, sum(found), formula, source)


def _size(cache: Cache, layer: Layer, hparams: HParams, flags: Flags, cparams: CParams) -> int:
    cells = cache.cells * cparams.n_stream
    k = row(flags.cache_type_k, layer.n_embd_k_gqa) * cells
    return (
        k
        if hparams.is_mla
        else k + row(flags.cache_type_v, value_width(layer, hparams, flags)) * cells
    )


def value_width(layer: Layer, hparams: HParams, flags: Flags) -> int:
    """Return the values of V for a cell: without flash attention those of the widest layer."""
    return (
        layer.n_embd_v_gqa
        if flags.flash_attn
        else max(each.n_embd_v_gqa for each in hparams.layers)
    )
