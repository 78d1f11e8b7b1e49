"""The maximal choices of items that fit: every one to which nothing can be added.

Items have a demand in several places, such as the cards of a host; a choice fits where the demands
sum up to no more than each place has. Items of equal demand are one class, so that a choice is the
count of each class: ten equal models are eleven counts, not a thousand choices.

The search takes classes one by one, the largest first, and remembers what it left out although it
fitted. Such a choice only counts if that does not fit any more in the end, and the search turns
back as soon as all that is still to come could not use up the room for it. With one place it never
turns back in vain. The room of all places is one number, with a bit between them that a place
borrows when it is overdrawn: one subtraction and one mask tell whether something fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from math import comb, prod
from typing import TypeAlias

from ...dataclasses import dataclass, field

Demand: TypeAlias = tuple[int, ...]
Counts: TypeAlias = tuple[int, ...]

MOST_STEPS = 1_000_000
"""Steps of a search before it is given up: some seconds."""


@dataclass(frozen=True, slots=True)
class ItemClass:
    """Items of equal demand, by their numbers."""

    demand: Demand
    items: tuple[int, ...]


def item_classes(demands: Sequence[Demand]) -> tuple[ItemClass, ...]:
    """Return items of equal demand as classes, those that demand most first."""
    found: dict[Demand, list[int]] = {}
    for number, demand in enumerate(demands):
        found.setdefault(tuple(demand), []).append(number)
    order = sorted(found, key=lambda demand: (-max(demand, default=0), demand))
    return tuple(ItemClass(demand, tuple(found[demand])) for demand in order)


def maximal(demands: Sequence[Demand], room: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield every maximal choice as numbers of items; what does not fit alone is in none."""
    classes = item_classes(demands)
    found = largest(classes, room, MOST_STEPS)
    if found is None:
        raise OverflowError("there are too many choices")
    for counts in found:
        chosen = (
            combinations(item_class.items, n) for item_class, n in zip(classes, counts, strict=True)
        )
        yield from (tuple(sorted(sum(parts, ()))) for parts in product(*chosen))


def choices(classes: Sequence[ItemClass], found: Sequence[Counts]) -> int:
    """Return the number of choices of items that have one of these counts of classes."""
    many = _many(classes)
    return sum(prod(comb(number, counts[at]) for at, number in many) for counts in found)


def _many(classes: Sequence[ItemClass]) -> list[tuple[int, int]]:
    """Return the classes that have several items, by their place, and how many."""
    return [
        (at, len(item_class.items))
        for at, item_class in enumerate(classes)
        if len(item_class.items) > 1
    ]


def largest(classes: Sequence[ItemClass], room: Sequence[int], most: int) -> list[Counts] | None:
    """Return counts of classes to which nothing can be added; None for more than `most` choices.

    It is also None where the search takes too long.
    """
    search = _Search.of(classes, room, most)
    search.go(0, search.start, (), ())
    return None if search.steps > MOST_STEPS or search.choices > most else search.found


@dataclass(slots=True)
class _Search:
    """The constants of a search, and its results."""

    classes: Sequence[ItemClass]
    most: int
    demands: list[int]
    start: int
    fits: int
    rest: list[int]
    many: list[tuple[int, int]]
    found: list[Counts] = field(default_factory=list)
    choices: int = 0
    steps: int = 0

    @classmethod
    def of(cls, classes: Sequence[ItemClass], room: Sequence[int], most: int) -> _Search:
        everything = sum(
            max(item_class.demand, default=0) * (len(item_class.items) + 1)
            for item_class in classes
        )
        width = (everything + max(room, default=0) + 1).bit_length() + 1

        def packed(values: Sequence[int]) -> int:
            return sum(value << (place * (width + 1)) for place, value in enumerate(values))

        fits = packed([1 << width] * len(room))
        demands = [packed(item_class.demand) for item_class in classes]
        rest = [0]
        for item_class, demand in zip(reversed(classes), reversed(demands), strict=True):
            rest.append(rest[-1] + demand * len(item_class.items))
        return cls(classes, most, demands, packed(room) + fits, fits, rest[::-1], _many(classes))

    def go(self, at: int, room: int, left_out: tuple[int, ...], counts: Counts) -> None:
        """Choose from the classes from `at` on; demands `left_out` may not fit in the end."""
        self.steps += 1
        if self.steps > MOST_STEPS or self.choices > self.most:
            return
        fits = self.fits
        in_the_end = room - self.rest[at]
        for each in left_out:
            if (in_the_end - each) & fits == fits:
                return
        if in_the_end & fits == fits:
            self._keep((*counts, *(len(item_class.items) for item_class in self.classes[at:])))
            return
        demand, number = self.demands[at], len(self.classes[at].items)
        rooms = [room]
        while len(rooms) <= number and (rooms[-1] - demand) & fits == fits:
            rooms.append(rooms[-1] - demand)
        for taken in range(len(rooms) - 1, -1, -1):
            now = rooms[taken]
            # What does not fit now never will: the room only shrinks.
            still = tuple(each for each in left_out if (now - each) & fits == fits)
            if taken < len(rooms) - 1:
                still = (*still, demand)
            self.go(at + 1, now, still, (*counts, taken))

    def _keep(self, counts: Counts) -> None:
        self.choices += prod(comb(number, counts[at]) for at, number in self.many)
        self.found.append(counts)
