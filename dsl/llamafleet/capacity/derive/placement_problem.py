"""The demands of a llama-swap's models, and the room that their host has left for them.

Demands are bytes on each card, the margin of error included, so that what is derived
from them surely fits, and bytes of the host's memory, which is the last place. What other services
of the host take at worst is not there for the models; neither is what is reserved.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...dataclasses import dataclass
from ...fleet.model import Fleet, Service
from ...targets.swap.block import LlamaSwap, llama_swaps
from ..footprint import Footprints
from ..footprint.device_usage import room_of, usage_of, worst_usage
from .components import Demands
from .maximal import Demand


@dataclass(frozen=True, slots=True)
class PlacementProblem:
    """The question which models of a service fit together: the demand of each, and the room.

    `demands` has those that fit alone. `unknown` are models of whom nothing is known, with the
    reason; `too_large` do not fit alone. `unsure` are services beside them that are not known.
    """

    demands: Demands
    room: tuple[int | None, ...]
    unknown: tuple[tuple[str, str], ...]
    too_large: tuple[str, ...]
    unsure: tuple[tuple[str, str], ...]
    used: frozenset[int]

    @property
    def outside(self) -> tuple[str, ...]:
        """Return the models that are in memory alone, sorted."""
        return tuple(sorted((*(name for name, _ in self.unknown), *self.too_large)))


def problem_of(service: LlamaSwap, footprints: Footprints) -> PlacementProblem:
    """Return the problem that `sets = auto` of a service poses."""
    host = service.host
    found = {name: footprints.of(service.name, name, host) for name in service.models}
    unknown = {
        name: next(each.why for each in own if not each.known)
        for name, own in found.items()
        if not all(each.known for each in own)
    }
    cards = len(footprints.fleet.hosts[host].gpus)
    demands = {name: usage_of(own, cards) for name, own in found.items() if name not in unknown}
    beside = tuple(_beside(service, footprints))
    room = _room(service, footprints, beside)
    fits = {name: demand for name, demand in demands.items() if _fits(demand, room)}
    return PlacementProblem(
        demands=fits,
        room=room,
        unknown=tuple(sorted(unknown.items())),
        too_large=tuple(sorted(demands.keys() - fits.keys())),
        unsure=tuple(_unsure(beside, footprints, host)),
        used=frozenset(
            card for card in range(cards) if any(demand[card] for demand in demands.values())
        ),
    )


def rivals(service: LlamaSwap, fleet: Fleet) -> Iterator[LlamaSwap]:
    """Yield the other llama-swaps of the host whose sets are derived, too."""
    for other in llama_swaps(fleet):
        if other is service or other.host != service.host:
            continue
        if other.matrix is not None and other.matrix.auto.sets:
            yield other


def _beside(service: LlamaSwap, footprints: Footprints) -> Iterator[Service]:
    for other in footprints.fleet.services.values():
        if other is not service and other.models and service.host in other.hosts:
            yield other


def _room(
    service: LlamaSwap, footprints: Footprints, beside: tuple[Service, ...]
) -> tuple[int | None, ...]:
    host = footprints.fleet.hosts[service.host]
    room = list(room_of(host))
    for other in beside:
        worst = _worst(other, footprints, service, len(host.gpus))
        room = [
            None if there is None else max(0, there - taken)
            for there, taken in zip(room, worst, strict=True)
        ]
    return tuple(room)


def _worst(other: Service, footprints: Footprints, service: LlamaSwap, cards: int) -> Demand:
    """Return the most that another service takes in each place, in bytes."""
    host = service.host
    if other in tuple(rivals(service, footprints.fleet)):
        # Which of its models stand together is not known yet: all of them, at worst.
        everything = [one for name in other.models for one in footprints.of(other.name, name, host)]
        return usage_of(everything, cards)
    return worst_usage((each.footprints for each in footprints.together(other.name, host)), cards)


def _unsure(
    beside: tuple[Service, ...], footprints: Footprints, host: str
) -> Iterator[tuple[str, str]]:
    for other in beside:
        for model in other.models:
            for each in footprints.of(other.name, model, host):
                if not each.known:
                    yield f"{model} of {other.kind} {other.name}", each.why
                    break


def _fits(demand: Demand, room: tuple[int | None, ...]) -> bool:
    return all(there is None or each <= there for each, there in zip(demand, room, strict=True))
