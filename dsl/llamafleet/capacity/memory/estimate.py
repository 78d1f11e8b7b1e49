"""All terms of one process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...gguf import GgufFacts
from .compute import compute
from .devices import Device
from .drivers import drivers
from .flags import Flags
from .geometry import Geometry, geometry_of
from .host import host
from .indexers import indexer_cache
from .kv_cache import kv_cache
from .modelled import MODELLED, unmodelled_architecture, unmodelled_build
from .outputs import outputs
from .placement import Placement, placement_of
from .recurrent import recurrent
from .shape import Shape, shape_of
from .spread import spread
from .stops import beyond, stops
from .tensor_split import META
from .terms import HOST, Estimate, Term
from .thumb import by_thumb, of_other_build
from .weights import weights

WITHOUT_FLASH = frozenset({"grok"})
"""llama_init_from_model turns flash attention off for these."""


def estimate(
    facts: GgufFacts,
    flags: Flags,
    cards: Sequence[Device] = (),
    ref: str | None = MODELLED,
) -> Estimate | str:
    """What a llama-server with this model and these flags takes; a text says why it cannot be.

    `ref` is the build that runs, None where it is no release of upstream's.
    """
    facts = overridden(facts, flags)
    if problem := beyond(facts):
        return problem
    shape = shape_of(facts)
    if isinstance(shape, str):
        return shape
    placement = placement_of(flags, shape, cards)
    if isinstance(placement, str):
        return placement
    if problem := stops(shape, flags):
        return problem
    if shape.architecture in WITHOUT_FLASH:
        flags = replace(flags, flash_attn=False)
    geometry = geometry_of(flags, shape)
    odd, other = unmodelled_architecture(facts.architecture), unmodelled_build(ref)
    known = by_thumb if odd else _modelled
    terms = (
        *known(facts, shape, flags, geometry, placement),
        *host(shape, flags, geometry),
    )
    if META in placement.devices:
        terms = tuple(spread(terms, facts, shape, flags, geometry, placement))
    if other and not odd:
        terms = tuple(of_other_build(terms))
    terms = (*terms, *drivers([each.name for each in cards], flags.devices, terms))
    held = {each.device for each in terms}
    idle = (each.name for each in cards if each.name in held - {*placement.cards})
    return Estimate(
        devices=(*placement.cards, *idle, HOST),
        terms=terms,
        n_ctx=geometry.n_ctx,
        n_ctx_per_slot=geometry.per_sequence,
        notes=tuple(_notes(flags)),
        together=META in placement.devices,
        unmodelled=tuple(filter(None, (odd, other))),
        trained_context=not flags.ctx_size and not flags.kv_unified_per_slot,
    )


def _modelled(
    facts: GgufFacts, shape: Shape, flags: Flags, geometry: Geometry, placement: Placement
) -> Iterator[Term]:
    """The buffers of the log, by the formulas of the modelled build."""
    yield from weights(facts, shape, flags, placement)
    yield from kv_cache(shape, flags, geometry, placement)
    yield from indexer_cache(facts, shape, flags, geometry, placement)
    yield from recurrent(shape, flags, geometry, placement)
    yield from outputs(facts, shape, flags, geometry)
    yield from compute(facts, shape, flags, geometry, placement)


def overridden(facts: GgufFacts, flags: Flags) -> GgufFacts:
    """The header as `--override-kv` changes it; only what the header has is changed."""
    own = f"{facts.architecture}."
    said = {key.removeprefix(own): value for key, value in flags.metadata}
    known = {key: value for key, value in said.items() if key in facts.metadata}
    return replace(facts, metadata={**facts.metadata, **known}) if known else facts


def _notes(flags: Flags) -> Iterator[str]:
    placed = flags.gpu_layers_said or any(flags.tensor_split) or flags.overrides
    if flags.fit and not placed and flags.split_mode != "tensor":
        changed = "layers" if flags.ctx_size is not None else "context and layers"
        yield f"--fit is on: where this does not fit, llama-server changes {changed}"
    if flags.parallel < 0:
        yield "--parallel is not set: llama-server takes 4 slots and one pool for all"
