"""All terms of one process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..gguf import GgufFacts
from .compute import compute
from .devices import Device
from .drivers import drivers
from .flags import Flags
from .geometry import geometry_of
from .host import host
from .indexers import indexer_cache
from .kv_cache import kv_cache
from .outputs import outputs
from .placement import placement_of
from .recurrent import recurrent
from .shape import shape_of
from .spread import spread
from .stops import beyond, stops
from .tensor_split import META
from .terms import HOST, Estimate, Term
from .weights import weights

WITHOUT_FLASH = frozenset({"grok"})
"""llama_init_from_model turns flash attention off for these."""


def estimate(facts: GgufFacts, flags: Flags, cards: Sequence[Device] = ()) -> Estimate | str:
    """What a llama-server with this model and these flags takes; a text says why it cannot be."""
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
    terms: tuple[Term, ...] = (
        *weights(facts, shape, flags, placement),
        *kv_cache(shape, flags, geometry, placement),
        *indexer_cache(facts, shape, flags, geometry, placement),
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
