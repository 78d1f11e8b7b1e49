"""All terms of one process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..gguf import GgufFacts
from .compute import compute
from .devices import Device
from .drivers import drivers
from .flags import Flags
from .geometry import geometry_of
from .host import host
from .kv_cache import kv_cache
from .outputs import outputs
from .placement import placement_of
from .recurrent import recurrent
from .shape import shape_of
from .spread import spread, tensor_split_problem
from .tensor_split import META
from .terms import HOST, Estimate, Term
from .weights import weights


def estimate(facts: GgufFacts, flags: Flags, cards: Sequence[Device] = ()) -> Estimate | str:
    """What a llama-server with this model and these flags takes; a text says why it cannot be."""
    shape = shape_of(facts)
    if isinstance(shape, str):
        return shape
    placement = placement_of(flags, shape, cards)
    if isinstance(placement, str):
        return placement
    if problem := _refused(flags) or tensor_split_problem(shape, flags):
        return problem
    geometry = geometry_of(flags, shape)
    terms: tuple[Term, ...] = (
        *weights(facts, shape, flags, placement),
        *kv_cache(shape, flags, geometry, placement),
        *recurrent(shape, flags, geometry, placement),
        *outputs(facts, shape, flags, geometry),
        *compute(facts, shape, flags, geometry, placement),
        *host(shape, flags, geometry),
    )
    if META in placement.devices:
        terms = tuple(spread(terms, facts, shape, flags, geometry, placement))
    return Estimate(
        devices=(*placement.cards, HOST),
        terms=(*terms, *drivers(placement.cards, terms)),
        n_ctx=geometry.n_ctx,
        n_ctx_per_slot=geometry.per_sequence,
        notes=tuple(_notes(flags)),
        together=META in placement.devices,
    )


def _refused(flags: Flags) -> str | None:
    if not flags.flash_attn and flags.cache_type_v not in ("f32", "f16", "bf16"):
        return f"--cache-type-v {flags.cache_type_v} needs flash attention: llama-server stops"
    return None


def _notes(flags: Flags) -> Iterator[str]:
    if flags.fit and not flags.gpu_layers_said:
        yield "--fit is on: where this does not fit, llama-server changes context and layers"
    if flags.parallel < 0:
        yield "--parallel is not set: llama-server takes 4 slots and one pool for all"
