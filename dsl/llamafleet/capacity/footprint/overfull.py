"""Cards that hold less than may be on them at a time.

Services know nothing of each other: what one keeps running is beside every combination of another,
and two that swap models may both have their largest one there. A model that is spread over cards
without a `tensor-split` goes where memory is free when it starts, so it is looked at twice: as the
first of a combination, and as the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from ...dataclasses import dataclass, replace
from ...fleet.model import Fleet, Host, Service
from ...fleet.service import swaps
from .footprints import Footprints
from .model import ESTIMATED, Combination, Footprint

Placed: TypeAlias = "tuple[str | None, Combination]"
"""A combination, and the model that was started last where that matters."""

MOST_ORDERS = 64
"""Of sets with more combinations, only the order of the empty cards is looked at."""


@dataclass(frozen=True, slots=True)
class Overfull:
    """A card that may have to hold more than it has.

    `needs` and `room` are bytes, `margin` those by which `needs` may be off. `beside` is what other
    services have there meanwhile. `last` is the model that was started last, where that matters.
    """

    host: Host
    card: int
    service: Service
    combination: Combination
    beside: tuple[Combination, ...]
    needs: int
    room: int
    margin: int
    last: str | None = None

    @property
    def certain(self) -> bool:
        """Return True if it is too much even at the lower end of the margin."""
        return self.needs - self.margin > self.room


def overfull(footprints: Footprints, host: Host) -> Iterator[Overfull]:
    """Yield the combinations of services that may not fit, the worst of each name and card."""
    services = _services(footprints.fleet, host)
    together = {each.name: footprints.together(each.name, host.name) for each in services}
    placed = {name: tuple(_placed(footprints, host, each)) for name, each in together.items()}
    for card, room in enumerate(footprints.room(host.name)):
        if room is None:
            continue
        for index, service in enumerate(services):
            beside = _beside(services, index, together, card)
            yield from _of_service(host, service, (card, room), placed[service.name], beside)


def _services(fleet: Fleet, host: Host) -> list[Service]:
    """Those that serve models on a host, first what always runs."""
    there = [each for each in fleet.services.values() if each.models and host.name in each.hosts]
    return sorted(there, key=swaps)


def _beside(
    services: list[Service], index: int, together: dict[str, tuple[Combination, ...]], card: int
) -> tuple[Combination, ...]:
    """The worst of those services that come before, so that each clash is said once."""
    worst = (
        max(together[each.name], key=lambda found: found.bytes_on(card), default=None)
        for each in services[:index]
    )
    return tuple(each for each in worst if each is not None and each.bytes_on(card))


def _of_service(
    host: Host,
    service: Service,
    where: tuple[int, int],
    placed: tuple[Placed, ...],
    beside: tuple[Combination, ...],
) -> Iterator[Overfull]:
    card, room = where
    base = sum(each.bytes_on(card) for each in beside)
    doubt = sum(each.margin_on(card) for each in beside)
    careful = sum(each.caution(card) for each in beside)
    if base > room:
        return  # said already, of what is beside
    worst: dict[str, Overfull] = {}
    for last, each in placed:
        if not each.bytes_on(card):
            continue
        needs, off = base + each.bytes_on(card), doubt + each.margin_on(card)
        known = worst.get(each.name)
        if needs + careful + each.caution(card) > room and (known is None or needs > known.needs):
            worst[each.name] = Overfull(host, card, service, each, beside, needs, room, off, last)
    yield from worst.values()


def _placed(
    footprints: Footprints, host: Host, together: tuple[Combination, ...]
) -> Iterator[Placed]:
    """Each combination on empty cards, and with each model that is spread by free memory last."""
    orders = len(together) <= MOST_ORDERS
    for combination in together:
        yield None, combination
        if not orders or len(combination.footprints) < 2:
            continue
        for footprint in combination.footprints:
            if follows_free_memory(footprints, footprint):
                again = _started_last(footprints, host, combination, footprint)
                if again is not None:
                    yield footprint.model, again


def follows_free_memory(footprints: Footprints, footprint: Footprint) -> bool:
    """Return True if llama-server spreads this process by free memory."""
    if footprint.known != ESTIMATED or footprint.estimate is None:
        return False
    model = footprints.fleet.models[footprint.model]
    return footprint.spread and not any(flag.key == "tensor-split" for flag in model.flags)


def _started_last(
    footprints: Footprints, host: Host, combination: Combination, footprint: Footprint
) -> Combination | None:
    others = [each for each in combination.footprints if each is not footprint]
    free = tuple(
        None if room is None else max(1, room - sum(each.bytes_on(card) for each in others))
        for card, room in enumerate(footprints.room(host.name))
    )
    model = footprints.fleet.models[footprint.model]
    again = footprints.variant(footprint.service, model, host.name, free=free)
    if footprint.process >= len(again) or not again[footprint.process].known:
        return None
    placed = (
        again[footprint.process] if each is footprint else each for each in combination.footprints
    )
    return replace(combination, footprints=tuple(placed))
