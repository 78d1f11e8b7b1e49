"""With `--split-mode tensor`: the terms of all devices together as terms of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...gguf import GgufFacts
from .cparams import CParams, padded
from .engine.kv_cache import CACHE, WINDOWED, Cache, caches, value_width
from .engine.placement import Placement
from .engine.recurrent_state import SOURCE as STATES
from .engine.recurrent_state import states
from .engine.tensor_split import META, Cutter
from .flags import Flags
from .hparams import HParams
from .terms import HOST, Estimate, Kind, Term
from .weights import LOADER, alignment, placed

SPLIT = "src/llama-model.cpp, llama_meta_device_get_split_state"
SLICED = frozenset({"weights", "kv", "recurrent"})


def tensor_split_problem(hparams: HParams, flags: Flags) -> str | None:
    """Return why `--split-mode tensor` fails or cannot be computed; None if it can."""
    if flags.split_mode != "tensor":
        return None
    name, split = hparams.architecture.name, hparams.architecture.tensor_split
    if split == "refused":
        return f"--split-mode tensor is not implemented for {name}: llama-server stops"
    if split == "unknown":
        return f"--split-mode tensor cannot be computed for {name}"
    if not flags.flash_attn:
        return "--split-mode tensor needs flash attention: llama-server stops"
    return None


def largest(found: Estimate) -> dict[Kind, int]:
    """Return the log's bytes of all devices together: of each buffer the largest slice."""
    cards = [each for each in found.devices if each != HOST]
    sizes: dict[tuple[Kind, str], list[int]] = {}
    for term in found.terms:
        if term.device in cards:
            sizes.setdefault((term.kind, term.what), []).append(term.size)
    sums: dict[Kind, int] = {}
    for (kind, _), each in sizes.items():
        sums[kind] = sums.get(kind, 0) + max(each)
    return sums


def spread(
    terms: Iterable[Term],
    facts: GgufFacts,
    hparams: HParams,
    flags: Flags,
    cparams: CParams,
    placement: Placement,
) -> Iterator[Term]:
    """Yield the terms by device: working memory whole on each, weights and caches in slices."""
    shares = (*flags.tensor_split, *(0.0,) * len(placement.cards))[: len(placement.cards)]
    cutter = Cutter(facts, hparams, len(placement.cards), shares if any(shares) else ())
    for term in terms:
        if term.device != META:
            yield term
        elif term.kind not in SLICED:
            yield from (replace(term, device=each) for each in placement.cards)
    yield from _weights(cutter, flags, placement)
    for cache in caches(hparams, flags, cparams):
        yield from _cache(cutter, cache, flags, cparams, placement)
    yield from _states(cutter, flags, cparams, placement)


def _weights(cutter: Cutter, flags: Flags, placement: Placement) -> Iterator[Term]:
    tensors = placed(cutter.facts, cutter.hparams, flags, placement).get(META, [])
    sums = [0] * cutter.devices
    for tensor in tensors:
        for index, size in enumerate(cutter.sizes(tensor.name, tensor.type, tensor.dims)):
            sums[index] += padded(size, alignment(META))
    what = f"model buffer: slices of {len(tensors)} tensors"
    for device, size in zip(placement.cards, sums, strict=True):
        yield Term(
            device, "weights", what, size, "sum of slices, padded to 128", f"{LOADER}; {SPLIT}"
        )


def _cache(
    cutter: Cutter, cache: Cache, flags: Flags, cparams: CParams, placement: Placement
) -> Iterator[Term]:
    if not flags.kv_offload:
        return
    sums = [0] * cutter.devices
    cells = cache.cells * cparams.n_stream
    here = [each for each in cache.layers if placement.layers[each.index] == META]
    for layer in here:
        rows = [("k", flags.cache_type_k, layer.n_embd_k_gqa)]
        if not cutter.hparams.is_mla:
            rows.append(("v", flags.cache_type_v, value_width(layer, cutter.hparams, flags)))
        for name, kind, width in rows:
            dims = (width, cells)
            found = cutter.sizes(f"cache_{name}_l{layer.index}", kind.upper(), dims)
            sums = [padded(size, 128) + total for size, total in zip(found, sums, strict=True)]
    what = "KV cache of layers with a window" if cache.windowed else "KV cache"
    formula = f"heads of {len(here)} layers x {cells} cells"
    for device, size in zip(placement.cards, sums, strict=True):
        if here:
            yield Term(device, "kv", what, size, formula, WINDOWED if cache.windowed else CACHE)


def _states(cutter: Cutter, flags: Flags, cparams: CParams, placement: Placement) -> Iterator[Term]:
    hparams = cutter.hparams
    rows = states(hparams, flags, cparams)
    here = [
        each for each in hparams.layers if each.recurrent and placement.layers[each.index] == META
    ]
    if not here or not flags.kv_offload:
        return
    sums = [0] * cutter.devices
    for layer in here:
        for name, width in (("r", hparams.n_embd_r), ("s", hparams.n_embd_s)):
            found = cutter.sizes(f"cache_{name}_l{layer.index}", "F32", (width, rows))
            sums = [size + total for size, total in zip(found, sums, strict=True)]
    formula = f"slices of {len(here)} layers x {rows} states"
    for device, size in zip(placement.cards, sums, strict=True):
        yield Term(device, "recurrent", "recurrent state", size, formula, STATES)
