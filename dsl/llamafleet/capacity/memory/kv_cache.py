"""The KV cache: rows of K and V for every cell, layer and stream."""

from __future__ import annotations

from collections.abc import Iterator

from ...dataclasses import dataclass
from ...gguf.tensor_types import BY_NAME
from .flags import Flags
from .geometry import CELLS, Geometry, padded
from .placement import Placement
from .shape import Layer, Shape
from .terms import HOST, Term

CACHE = "src/llama-kv-cache.cpp, llama_kv_cache::llama_kv_cache"
WINDOWED = "src/llama-kv-cache-iswa.cpp, llama_kv_cache_iswa::llama_kv_cache_iswa"


@dataclass(frozen=True, slots=True)
class Cache:
    """One cache of llama.cpp: its layers have the same number of cells in each stream."""

    layers: tuple[Layer, ...]
    cells: int
    windowed: bool


def row(kind: str, values: int) -> int:
    """Bytes of a row of so many values."""
    stored = BY_NAME[kind.upper()]
    return values * stored.bytes // stored.block


def caches(shape: Shape, flags: Flags, geometry: Geometry) -> tuple[Cache, ...]:
    """One cache, or two where some layers look through a window."""
    layers = tuple(each for each in shape.layers if each.attention) if shape.caches else ()
    if not shape.window:
        return (Cache(layers, geometry.per_sequence, False),) if layers else ()
    sequences = geometry.sequences if geometry.unified else 1
    window = padded(min(geometry.per_sequence, shape.window * sequences + geometry.ubatch), CELLS)
    cells = geometry.per_sequence if flags.swa_full else window
    full = tuple(each for each in layers if not each.window)
    windowed = tuple(each for each in layers if each.window)
    found = (Cache(full, geometry.per_sequence, False), Cache(windowed, cells, True))
    return tuple(each for each in found if each.layers)


def kv_cache(
    shape: Shape, flags: Flags, geometry: Geometry, placement: Placement
) -> Iterator[Term]:
    """One term a KV buffer of the log."""
    for cache in caches(shape, flags, geometry):
        sizes: dict[str, list[int]] = {}
        for layer in cache.layers:
            device = placement.layers[layer.index] if flags.kv_offload else HOST
            sizes.setdefault(device, []).append(_size(cache, layer, shape, flags, geometry))
        kinds = flags.cache_type_k if shape.latent else f"{flags.cache_type_k}/{flags.cache_type_v}"
        for device, found in sizes.items():
            what = "KV cache of layers with a window" if cache.windowed else "KV cache"
            formula = (
                f"{len(found)} layers x {cache.cells} cells x {geometry.streams} streams, {kinds}"
            )
            source = WINDOWED if cache.windowed else CACHE
            yield Term(device, "kv", what, sum(found), formula, source)


def _size(cache: Cache, layer: Layer, shape: Shape, flags: Flags, geometry: Geometry) -> int:
    cells = cache.cells * geometry.streams
    k = row(flags.cache_type_k, layer.k) * cells
    return (
        k if shape.latent else k + row(flags.cache_type_v, value_width(layer, shape, flags)) * cells
    )


def value_width(layer: Layer, shape: Shape, flags: Flags) -> int:
    """Without flash attention V lies transposed, as wide as the widest layer's."""
    return layer.v if flags.flash_attn else max(each.v for each in shape.layers)
