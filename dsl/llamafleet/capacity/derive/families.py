"""Independent parts of a question: models that share no card are chosen by themselves.

A place counts only if not everything fits there. Models that need none of the places that count are
always there; the others fall apart into parts that meet in no place. The last place is the host's
memory, which all models share: it is left out where even the choices that take most of it fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from ...dataclasses import dataclass
from .maximal import Counts, Kind, Need, choices, kinds_of, largest

Needs = Mapping[str, Need]
Room = Sequence[int | None]
"""What each place has; None where nobody knows, and nothing is refused."""


@dataclass(frozen=True, slots=True)
class Family:
    """Models that are chosen independently of all others: every largest choice, by kinds."""

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    found: tuple[Counts, ...]

    @property
    def choices(self) -> int:
        """How many there are."""
        return choices(self.kinds, self.found)


def families(needs: Needs, room: Room, most: int) -> tuple[Family, ...] | None:
    """The parts of all choices, each model in one; None if there are more choices than `most`.

    Each model must fit alone. The order of models does not matter.
    """
    cards = [place for place in range(len(room) - 1) if _counts(place, needs, room)]
    memory = len(room) - 1
    found = _parts(needs, room, cards, most)
    if found is not None and _counts(memory, needs, room):
        taken = sum(_most(each, needs, memory) for each in found)
        if taken > (room[memory] or 0):
            found = _parts(needs, room, [*cards, memory], most)
    if found is None or prod(each.choices for each in found) > most:
        return None
    return found


def _counts(place: int, needs: Needs, room: Room) -> bool:
    there = room[place]
    return there is not None and sum(need[place] for need in needs.values()) > there


def _most(family: Family, needs: Needs, place: int) -> int:
    """What the choice takes that takes most there."""
    return max(
        sum(
            sum(sorted(needs[family.names[thing]][place] for thing in kind.things)[-count:])
            for kind, count in zip(family.kinds, counts, strict=True)
            if count
        )
        for counts in family.found
    )


def _parts(needs: Needs, room: Room, places: Sequence[int], most: int) -> tuple[Family, ...] | None:
    found = []
    for names in _connected(needs, places):
        own = [place for place in places if any(needs[name][place] for name in names)]
        kinds = kinds_of([tuple(needs[name][place] for place in own) for name in names])
        counts = largest(kinds, [room[place] or 0 for place in own], most)
        if counts is None:
            return None
        found.append(Family(names, kinds, tuple(counts)))
    return tuple(found)


def _connected(needs: Needs, places: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """Models that share places, directly or through others; those that need none together."""
    rest = {name: {place for place in places if needs[name][place]} for name in sorted(needs)}
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
