"""Independent parts of a placement problem: models that share no card are chosen by themselves.

A place counts only if not everything fits there. Models that demand none of the places that count
are always there; the others fall apart into components that meet in no place. The last place is the
host's memory, which all models share: it is left out where even the choices that take most of it
fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from ...dataclasses import dataclass
from .maximal import Counts, Demand, ItemClass, choices, item_classes, largest

Demands = Mapping[str, Demand]
Room = Sequence[int | None]
"""Bytes of each place; None where that is not known, and nothing is refused."""


@dataclass(frozen=True, slots=True)
class Component:
    """Models that are chosen independently of all others: every maximal choice, by classes."""

    names: tuple[str, ...]
    classes: tuple[ItemClass, ...]
    found: tuple[Counts, ...]

    @property
    def choices(self) -> int:
        """Return the number of choices."""
        return choices(self.classes, self.found)


def components(demands: Demands, room: Room, most: int) -> tuple[Component, ...] | None:
    """Return the independent parts, each model in one; None if there are more choices than `most`.

    Each model must fit alone. The order of models does not matter.
    """
    cards = [place for place in range(len(room) - 1) if _counts(place, demands, room)]
    memory = len(room) - 1
    found = _parts(demands, room, cards, most)
    if found is not None and _counts(memory, demands, room):
        taken = sum(_most(each, demands, memory) for each in found)
        if taken > (room[memory] or 0):
            found = _parts(demands, room, [*cards, memory], most)
    if found is None or prod(each.choices for each in found) > most:
        return None
    return found


def _counts(place: int, demands: Demands, room: Room) -> bool:
    there = room[place]
    return there is not None and sum(demand[place] for demand in demands.values()) > there


def _most(component: Component, demands: Demands, place: int) -> int:
    """Return the bytes that the largest choice takes in a place."""
    return max(
        sum(
            sum(sorted(demands[component.names[item]][place] for item in item_class.items)[-count:])
            for item_class, count in zip(component.classes, counts, strict=True)
            if count
        )
        for counts in component.found
    )


def _parts(
    demands: Demands, room: Room, places: Sequence[int], most: int
) -> tuple[Component, ...] | None:
    found = []
    for names in _connected(demands, places):
        own = [place for place in places if any(demands[name][place] for name in names)]
        classes = item_classes([tuple(demands[name][place] for place in own) for name in names])
        counts = largest(classes, [room[place] or 0 for place in own], most)
        if counts is None:
            return None
        found.append(Component(names, classes, tuple(counts)))
    return tuple(found)


def _connected(demands: Demands, places: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """Models that share places, directly or through others; those that demand none together."""
    rest = {name: {place for place in places if demands[name][place]} for name in sorted(demands)}
    while rest:
        first = next(iter(rest))
        meeting = set(rest[first])
        names = {first}
        grown = True
        while grown:
            more = {
                name
                for name, own in rest.items()
                if name not in names and (own & meeting or (not own and not meeting))
            }
            names |= more
            meeting |= {place for name in more for place in rest[name]}
            grown = bool(more)
        yield tuple(name for name in rest if name in names)
        rest = {name: own for name, own in rest.items() if name not in names}
