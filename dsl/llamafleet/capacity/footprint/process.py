"""One process of a model: its footprint as it is written, or estimated from its weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ...dataclasses import dataclass, field, replace
from ...fleet.llama_cpp import release_of
from ...fleet.model import Build, Fleet, Gguf, Host, Model
from ...targets.process.command import server_flags
from ..memory import Device, Estimate, Flags, read_flags
from ..memory.by_size import by_size
from ..memory.terms import HOST
from .cards import Free, VisibleGpu, cards_of
from .margin import of_terms
from .model import ESTIMATED, WRITTEN, Footprint, Part

if TYPE_CHECKING:
    from ...gguf import GgufFacts
    from ..memory.extras import Extras


@dataclass(frozen=True, slots=True)
class Process:
    """The identity of a process: `devices` are those it may see, None for all of the host's."""

    service: str
    host: Host
    build: Build | None
    index: int
    devices: tuple[int, ...] | None


@dataclass(slots=True)
class Estimates:
    """Estimates of a fleet's models; equal processes of equal cards are computed once."""

    fleet: Fleet
    known: dict[object, Footprint] = field(default_factory=dict)

    def footprint(
        self,
        process: Process,
        model: Model,
        facts: Mapping[str, GgufFacts] | None = None,
        free: Free | None = None,
    ) -> Footprint:
        """Return the footprint of a model as this process; `facts` stand in for the lock's.

        Of a model without a tensor-split, `free` decides how it is spread.
        """
        gpus = cards_of(process.build, process.host, process.devices, free)
        if facts is not None:
            found = _footprint(model, gpus, self.fleet, facts, _ref(process, self.fleet))
        else:
            files = (model.gguf, model.mmproj, model.draft, model.vram)
            ref = _ref(process, self.fleet)
            key = (files, server_flags(model), gpus, ref)
            if key not in self.known:
                self.known[key] = _footprint(model, gpus, self.fleet, self.fleet.facts, ref)
            found = self.known[key]
        return replace(
            found,
            service=process.service,
            model=model.name,
            host=process.host.name,
            process=process.index,
        )


def _ref(process: Process, fleet: Fleet) -> str | None:
    """The release that runs it, None where it is no build of upstream's that is known."""
    return fleet.llama_cpp if process.build is None else release_of(process.build)


def _footprint(
    model: Model,
    gpus: tuple[VisibleGpu, ...],
    fleet: Fleet,
    facts: Mapping[str, GgufFacts],
    ref: str | None,
) -> Footprint:
    """Return the footprint of a model on these GPUs, without the names of its process."""
    found = Footprint("", model.name, "", 0)
    if model.vram is not None:
        shares = _shares(model, gpus)
        parts = tuple((index, (Part("whole", size),)) for index, size in shares)
        return replace(found, cards=parts, known=WRITTEN)
    cards = tuple(each.device for each in gpus)
    whole = _estimated(model, cards, fleet, facts, ref)
    return replace(found, why=whole) if isinstance(whole, str) else _with_terms(found, whole, gpus)


def _estimated(
    model: Model,
    cards: tuple[Device, ...],
    fleet: Fleet,
    known: Mapping[str, GgufFacts],
    ref: str | None,
) -> Estimate | str:
    if model.gguf is None:
        return "it is no llama-server of this fleet's weights; say vram = ..."
    facts, size = known.get(model.gguf), _size(fleet.ggufs[model.gguf])
    if facts is None and size is None:
        return f'gguf "{model.gguf}" is not in fleet.lock'
    flags = read_flags(server_flags(model))
    if isinstance(flags, str):
        return flags
    if flags.servers:
        return "some of it is on other hosts (rpc); say vram = ..."
    if facts is None:
        beside = next(filter(None, (model.mmproj, model.draft, *flags.loras)), None)
        if beside is not None:
            return f'gguf "{model.gguf}" is not in fleet.lock, and {beside} is loaded with it'
        return by_size(size or 0, flags, cards, ref)
    # The graphs take long to import: only where there is a header.
    from ..memory.estimate import estimate
    from ..memory.extras import with_extras

    whole = estimate(facts, flags, cards, ref)
    if isinstance(whole, str):
        return whole
    extras = _extras(model, flags, known)
    if isinstance(extras, str):
        return extras
    return with_extras(whole, facts, flags, cards, extras, ref)


def _size(gguf: Gguf) -> int | None:
    """The bytes of all files of a gguf, None where one of them is not known."""
    sizes = [each.size for each in gguf.files] or [gguf.size]
    return None if None in sizes else sum(each for each in sizes if each is not None)


def _extras(model: Model, flags: Flags, known: Mapping[str, GgufFacts]) -> Extras | str:
    from ..memory.extras import Extras

    for name in filter(None, (model.mmproj, model.draft)):
        if known.get(name) is None:
            return f'gguf "{name}" is not in fleet.lock'
    if flags.loras:
        return f'what the adapter "{flags.loras[0]}" takes is not known; say vram = ...'
    return Extras(
        mmproj=known[model.mmproj] if model.mmproj else None,
        draft=known[model.draft] if model.draft else None,
    )


def _with_terms(found: Footprint, whole: Estimate, gpus: tuple[VisibleGpu, ...]) -> Footprint:
    """The terms of an estimate by the host's cards."""
    cards: list[tuple[int, tuple[Part, ...]]] = []
    margins: list[tuple[int, int]] = []
    for each in gpus:
        terms = [term for term in whole.terms if term.device == each.device.name and term.size]
        if terms:
            cards.append((each.index, tuple(_summed((t.kind, t.size) for t in terms))))
            margins.append((each.index, of_terms(terms)))
    ram = tuple(_summed((t.kind, t.size) for t in whole.terms if t.device == HOST))
    doubt = whole.margin_on(HOST)
    return replace(
        found,
        cards=tuple(cards),
        ram=ram,
        margins=tuple(margins),
        ram_margin=doubt,
        known=ESTIMATED,
        estimate=whole,
    )


def _summed(pairs: Iterable[tuple[str, int]]) -> Iterator[Part]:
    sums: dict[str, int] = {}
    for kind, size in pairs:
        sums[kind] = sums.get(kind, 0) + size
    return (Part(kind, size) for kind, size in sums.items())


def _shares(model: Model, gpus: tuple[VisibleGpu, ...]) -> Iterator[tuple[int, int]]:
    """A written total over the cards, as the weights are: by tensor-split, or by their memory."""
    if not gpus or model.vram is None:
        return
    said = (model.flag("tensor-split") or "").replace("/", ",").split(",")
    weights = [float(each) for each in said if each] if said != [""] else []
    if model.flag("split-mode") == "none":
        weights = [0.0] * int(model.flag("main-gpu") or 0) + [1.0]
    weights = (weights + [0.0] * len(gpus))[: len(gpus)]
    if not any(weights):
        weights = [float(each.device.memory) for each in gpus]
    for each, weight in zip(gpus, weights, strict=True):
        if weight:
            yield each.index, round(model.vram * weight / sum(weights))
