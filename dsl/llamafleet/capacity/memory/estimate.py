"""All terms of one process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...gguf import GgufFacts
from .cparams import CParams, cparams_of
from .devices import Device
from .drivers import drivers
from .engine.compute import compute
from .engine.indexer_cache import indexer_cache
from .engine.kv_cache import kv_cache
from .engine.placement import Placement, placement_of
from .engine.recurrent_state import recurrent
from .engine.tensor_split import META
from .flags import Flags
from .header_limits import header_error
from .host import host
from .hparams import HParams, hparams_of
from .modelled import MODELLED, unmodelled_architecture, unmodelled_build
from .outputs import outputs
from .rule_of_thumb import by_rule_of_thumb, of_other_build
from .spread import spread
from .startup_errors import startup_error
from .terms import HOST, Estimate, Term
from .weights import weights


def estimate(
    facts: GgufFacts,
    flags: Flags,
    cards: Sequence[Device] = (),
    ref: str | None = MODELLED,
) -> Estimate | str:
    """Estimate the memory a llama-server takes on each device.

    Returns a message instead where model and flags cannot work together.

    `ref` is the build that runs, None where it is no release of upstream's.
    """
    facts = overridden(facts, flags)
    if problem := header_error(facts):
        return problem
    hparams = hparams_of(facts)
    if isinstance(hparams, str):
        return hparams
    placement = placement_of(flags, hparams, cards)
    if isinstance(placement, str):
        return placement
    if problem := startup_error(hparams, flags):
        return problem
    if not hparams.architecture.flash_attention:
        flags = replace(flags, flash_attn=False)
    cparams = cparams_of(flags, hparams)
    odd, other = unmodelled_architecture(facts.architecture), unmodelled_build(ref)
    known = by_rule_of_thumb if odd else _modelled
    terms = (
        *known(facts, hparams, flags, cparams, placement),
        *host(hparams, flags, cparams),
    )
    if META in placement.devices:
        terms = tuple(spread(terms, facts, hparams, flags, cparams, placement))
    if other and not odd:
        terms = tuple(of_other_build(terms))
    terms = (*terms, *drivers([each.name for each in cards], flags.devices, terms))
    held = {each.device for each in terms}
    idle = (each.name for each in cards if each.name in held - {*placement.cards})
    return Estimate(
        devices=(*placement.cards, *idle, HOST),
        terms=terms,
        n_ctx=cparams.n_ctx,
        n_ctx_per_slot=cparams.n_ctx_seq,
        notes=tuple(_notes(flags)),
        together=META in placement.devices,
        unmodelled=tuple(filter(None, (odd, other))),
        trained_context=not flags.ctx_size and not flags.kv_unified_per_slot,
    )


def _modelled(
    facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Iterator[Term]:
    """The buffers of the log, by the formulas of the modelled build."""
    yield from weights(facts, hparams, flags, placement)
    yield from kv_cache(hparams, flags, cparams, placement)
    yield from indexer_cache(facts, hparams, flags, cparams, placement)
    yield from recurrent(hparams, flags, cparams, placement)
    yield from outputs(facts, hparams, flags, cparams)
    yield from compute(facts, hparams, flags, cparams, placement)


def overridden(facts: GgufFacts, flags: Flags) -> GgufFacts:
    """Return the header as `--override-kv` changes it; only keys that it has are changed."""
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
