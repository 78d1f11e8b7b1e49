"""Other files of a process: a draft model, an image projector, LoRA adapters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ...gguf import GgufFacts
from .cparams import cparams_of, padded
from .devices import Device
from .drivers import drivers
from .engine.placement import Placement, placement_of
from .estimate import estimate
from .flags import Flags
from .hparams import hparams_of
from .modelled import MODELLED, unmodelled_build
from .mtp import mtp
from .projector import projector, projector_note
from .rule_of_thumb import of_other_build
from .terms import HOST, LOGGED, Estimate, Term
from .weights import alignment

ADAPTER = "src/llama-adapter.cpp, llama_adapter_lora_init_impl"


@dataclass(frozen=True, slots=True)
class Extras:
    """The headers of the other files."""

    mmproj: GgufFacts | None = None
    draft: GgufFacts | None = None
    loras: tuple[GgufFacts, ...] = ()


def with_extras(
    found: Estimate,
    facts: GgufFacts,
    flags: Flags,
    cards: Sequence[Device],
    extras: Extras,
    ref: str | None = MODELLED,
) -> Estimate | str:
    """Return an estimate with the terms of the other files, or a message; `ref` is the build."""
    hparams = hparams_of(facts)
    if isinstance(hparams, str):
        return hparams
    placement = placement_of(flags, hparams, cards)
    if isinstance(placement, str):
        return placement
    terms: list[Term] = []
    unmodelled = list(found.unmodelled)
    notes = list(found.notes)
    if extras.mmproj is not None:
        terms += projector(extras.mmproj, flags, cards)
        notes.append(projector_note(extras.mmproj, flags))
    for lora in extras.loras:
        terms += _adapter(lora, placement)
    if extras.draft is not None:
        drafting = estimate(extras.draft, _drafting(flags, found.n_ctx), cards, ref)
        if isinstance(drafting, str):
            return f"the draft model: {drafting}"
        terms += [
            replace(each, what=f"draft model: {each.what}")
            for each in drafting.terms
            if each.kind in LOGGED
        ]
        unmodelled += drafting.unmodelled
    elif "draft-mtp" in flags.spec_types:
        terms += mtp(found, facts, hparams, flags, cparams_of(flags, hparams), placement)
    if unmodelled_build(ref):
        terms = list(of_other_build(terms))
    terms = [each for each in (*found.terms, *terms) if each.kind != "driver"]
    terms += drivers([each.name for each in cards], _asked(flags), terms)
    devices = (*found.devices[:-1], *_others(found, terms), HOST)
    return replace(
        found,
        devices=devices,
        terms=tuple(terms),
        notes=tuple(notes),
        unmodelled=tuple(dict.fromkeys(unmodelled)),
    )


def _asked(flags: Flags) -> tuple[str, ...] | None:
    """The devices that flags name for any of the files; None where one of them may be on all."""
    if flags.devices is None or (flags.draft and flags.draft_devices is None):
        return flags.devices
    return (*flags.devices, *(flags.draft_devices or ()))


def _others(found: Estimate, terms: Sequence[Term]) -> Iterator[str]:
    """Cards that only the other files use."""
    for device in dict.fromkeys(each.device for each in terms):
        if device not in found.devices:
            yield device


def _drafting(flags: Flags, n_ctx: int) -> Flags:
    """The draft model's own flags; the rest are the target's."""
    return replace(
        flags,
        ctx_size=n_ctx,
        cache_type_k=flags.draft_type_k,
        cache_type_v=flags.draft_type_v,
        gpu_layers=flags.draft_gpu_layers,
        devices=flags.draft_devices if flags.draft_devices is not None else flags.devices,
        # A draft on one card needs no slices.
        split_mode="layer" if len(flags.draft_devices or ()) == 1 else flags.split_mode,
        overrides=flags.draft_overrides,
        embedding=False,
        pooling="none",
        backend_sampling=False,
        metadata=(),
        spec_types=(),
        draft=None,
    )


def _adapter(facts: GgufFacts, placement: Placement) -> Iterator[Term]:
    sizes: dict[str, int] = {}
    for tensor in facts.tensors:
        base = tensor.name.removesuffix(".lora_a").removesuffix(".lora_b")
        # Beside repacked or mapped weights an adapter lies in plain memory of the host.
        device = placement.of(base)
        sizes[device] = sizes.get(device, 0) + padded(tensor.size, alignment(device))
    for device, size in sizes.items():
        yield Term(device, "weights", "LoRA buffer", size, "sum of its tensors", ADAPTER)
