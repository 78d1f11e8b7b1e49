"""Estimates without a header, from the size of the weights' file and the flags.

The file's size is the weights. Caches and buffers are by a rule of thumb: from nothing to what the
widest of today's models of that size with grouped heads takes (tests hold models to it). Models
from before 2024 that keep K and V for every head may take more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .cparams import CELLS, padded
from .devices import Device
from .drivers import drivers
from .engine.kv_cache import row
from .engine.placement import used_devices
from .flags import Flags
from .host import CACHE_RAM, PROMPTS
from .modelled import MODELLED, unmodelled_build
from .terms import HOST, MIB, Estimate, Kind, Term

SOURCE = "a rule of thumb: no source of llama.cpp"
GIB = 1 << 30

MANY = 99
"""More layers than nearly all models have: who writes so many means all."""

A_TOKEN, A_TOKEN_PER_GIB = 128 << 10, 8 << 10
"""Bytes of a cache in 16 bits for a token at most: of small weights, and for each GiB of them."""

BUFFERS, BUFFERS_PER_GIB = 320 * MIB, 16 * MIB
"""Bytes of compute buffers for 512 tokens at most, masks aside."""

LARGEST_TOKEN, LARGEST_BUFFERS = 512 << 10, 1600 * MIB
EMBEDDINGS = 0.1
"""So much of a file may lie on the host although all layers are on cards, or be there twice."""


def by_size(
    size: int, flags: Flags, cards: Sequence[Device], ref: str | None = MODELLED
) -> Estimate | str:
    """Estimate a process whose weights are a file of `size` bytes; a text says why none can be."""
    used = used_devices(flags, cards)
    if isinstance(used, str):
        return used
    if problem := _problem(flags, bool(used)):
        return problem
    tokens, context = _context(flags)
    shares = _shares(flags, used)
    terms = [term for device, share in shares for term in _terms(size, share, device, flags)]
    on_cards = sum(share for device, share in shares if device != HOST)
    if on_cards and HOST not in dict(shares):
        terms.append(_half(HOST, "compute", "compute buffer, about", 64 * MIB))
    if flags.cache_ram > 0:
        limit = "the limit of --cache-ram"
        terms.append(Term(HOST, "other", PROMPTS, flags.cache_ram * MIB, limit, CACHE_RAM))
    terms += drivers([each.name for each in cards], flags.devices, terms)
    held = {each.device for each in terms}
    return Estimate(
        devices=(*(each.name for each in cards if each.name in held), HOST),
        terms=tuple(terms),
        n_ctx=context,
        n_ctx_per_slot=tokens,
        by_size=True,
        unmodelled=tuple(
            filter(None, ("only the size of its weights is known", unmodelled_build(ref)))
        ),
    )


def _problem(flags: Flags, cards: bool) -> str | None:
    """Return what cannot be answered without a header."""
    if not flags.ctx_size and not flags.kv_unified_per_slot:
        return "only the size of its weights is known, not their context: say ctx-size"
    if cards and 0 < flags.gpu_layers < MANY:
        return (
            "only the size of its weights is known, not how many layers they have; say vram = ..."
        )
    if flags.overrides:
        return "only the size of its weights is known, not their tensors; say vram = ..."
    return None


def _context(flags: Flags) -> tuple[int, int]:
    """Return tokens of a slot, and of all."""
    asked = flags.ctx_size or flags.slots * flags.kv_unified_per_slot
    whole = padded(asked, CELLS)
    if flags.unified:
        return whole, whole
    each = padded(whole // flags.slots, CELLS)
    return each, each * flags.slots


def _shares(flags: Flags, used: Sequence[Device]) -> list[tuple[str, float]]:
    """Return which device has how much of the weights; the host all without one."""
    if not used or not flags.gpu_layers:
        return [(HOST, 1.0)]
    said = (*flags.tensor_split, *(0.0,) * len(used))[: len(used)]
    weights = said if any(said) else tuple(float(each.memory) for each in used)
    whole = sum(weights)
    pairs = zip(used, weights, strict=True)
    return [(each.name, weight / whole) for each, weight in pairs if weight]


def _terms(size: int, share: float, device: str, flags: Flags) -> Iterator[Term]:
    """Yield what one device has of it."""
    here = int(size * share)
    # Layers are whole: of a share, one more or less of a few dozen.
    off = int(here * (EMBEDDINGS if share == 1.0 else 2 * EMBEDDINGS))
    yield Term(device, "weights", "file of weights", here, f"{share:.0%} of it", SOURCE, off)
    _, context = _context(flags)
    kinds = row(flags.cache_type_k, 512) + row(flags.cache_type_v, 512)
    a_token = min(A_TOKEN + A_TOKEN_PER_GIB * size // GIB, LARGEST_TOKEN) * kinds // 2048
    where = device if flags.kv_offload else HOST
    yield _half(where, "kv", "KV cache, about", int(a_token * context * share))
    batch = min(context, flags.ubatch_size if flags.ubatch_size > 0 else context)
    buffers = min(BUFFERS + BUFFERS_PER_GIB * size // GIB, LARGEST_BUFFERS)
    most = buffers * max(batch, 512) // 512 + 16 * context * batch // 4
    yield _half(device, "compute", "compute buffer, about", most)


def _half(device: str, kind: Kind, what: str, most: int) -> Term:
    """Return a term for what is between nothing and the most."""
    formula = f"rule of thumb: half of {most / MIB:.0f} MiB, give or take as much"
    return Term(device, kind, what, most // 2, formula, SOURCE, most - most // 2)
