"""A summary of the models whose memory `check` compared with the cards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..compiler import Compiled
from ..fleet.model import Fleet, Model
from .terminal import counted

if TYPE_CHECKING:
    from ..capacity.footprint import Footprint, Footprints


def memory_checked(compiled: Compiled) -> str:
    """Return what was checked and how well, "" where no card says how much memory it has."""
    fleet = compiled.resolved
    if fleet is None:
        return ""
    served = tuple(_served(fleet))
    names = dict.fromkeys(model for _, model, _ in served)
    if not names:
        return ""
    found = compiled.footprints
    known = _known(found, served) if found is not None else {}
    text = f"memory checked for {len(known)} of {counted(len(names), 'model')}"
    thumbs = _by_thumb(known)
    clean = compiled.fleet is not None and not compiled.diagnostics
    if clean and len(known) == len(names) and not thumbs:
        return "all models fit in memory"
    others = [fleet.models[name] for name in names if name not in known]
    return f"{text}{thumbs}{_way_out(others, fleet)}"


def _way_out(others: list[Model], fleet: Fleet) -> str:
    """Return how the sizes of the others can become known; "" if there are none."""
    if not others:
        return ""
    locked = any(each.gguf and each.gguf not in fleet.facts for each in others)
    return ": run llamafleet lock for the others" if locked else ": set vram for the others"


def _served(fleet: Fleet) -> Iterator[tuple[str, str, str]]:
    """Yield (service, model, host) for each host with a card of known size."""
    for service in fleet.services.values():
        for host in service.hosts:
            if any(gpu.vram is not None for gpu in fleet.hosts[host].gpus):
                yield from ((service.name, model, host) for model in service.models)


def _known(
    footprints: Footprints, served: tuple[tuple[str, str, str], ...]
) -> dict[str, tuple[Footprint, ...]]:
    """Return the processes of each model whose size is known on every host."""
    found: dict[str, tuple[Footprint, ...]] = {}
    for key in served:
        found[key[1]] = (*found.get(key[1], ()), *footprints.of(*key))
    return {name: own for name, own in found.items() if own and all(each.known for each in own)}


def _by_thumb(known: dict[str, tuple[Footprint, ...]]) -> str:
    """Return how many models are estimated by a rule of thumb, and why; "" if none."""
    doubts = {name: [why for each in own for why in each.unmodelled] for name, own in known.items()}
    reasons = dict.fromkeys(why for each in doubts.values() for why in each)
    if not reasons:
        return ""
    number = sum(bool(each) for each in doubts.values())
    return f", {number} by a rule of thumb ({'; '.join(reasons)})"
