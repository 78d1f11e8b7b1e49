"""The largest choices of things that fit: every one to which nothing can be added.

Things have a need in several places, such as the cards of a host; a choice fits where the needs sum
up to no more than each place has. Things of equal needs are one kind, so that a choice is how many
of each kind there are: ten equal models are eleven counts, not a thousand choices.

The search takes kinds one by one, the largest first, and remembers what it left out although it
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

Need: TypeAlias = tuple[int, ...]
Counts: TypeAlias = tuple[int, ...]

MOST_STEPS = 1_000_000
"""Steps of a search before it is given up: some seconds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Things that need the same, by their numbers."""

    need: Need
    things: tuple[int, ...]


def kinds_of(needs: Sequence[Need]) -> tuple[Kind, ...]:
    """Things of equal needs together, those that need most first."""
    found: dict[Need, list[int]] = {}
    for number, need in enumerate(needs):
        found.setdefault(tuple(need), []).append(number)
    order = sorted(found, key=lambda need: (-max(need, default=0), need))
    return tuple(Kind(need, tuple(found[need])) for need in order)


def maximal(needs: Sequence[Need], room: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every largest choice, as numbers of things; what does not fit alone is in none."""
    kinds = kinds_of(needs)
    found = largest(kinds, room, MOST_STEPS)
    if found is None:
        raise OverflowError("there are too many choices")
    for counts in found:
        chosen = (combinations(kind.things, n) for kind, n in zip(kinds, counts, strict=True))
        yield from (tuple(sorted(sum(parts, ()))) for parts in product(*chosen))


def choices(kinds: Sequence[Kind], found: Sequence[Counts]) -> int:
    """How many choices of things have one of these counts of kinds."""
    many = _many(kinds)
    return sum(prod(comb(number, counts[at]) for at, number in many) for counts in found)


def _many(kinds: Sequence[Kind]) -> list[tuple[int, int]]:
    """Kinds that several things are of, by their place, and how many."""
    return [(at, len(kind.things)) for at, kind in enumerate(kinds) if len(kind.things) > 1]


def largest(kinds: Sequence[Kind], room: Sequence[int], most: int) -> list[Counts] | None:
    """Counts of kinds to which nothing can be added; None if there are more choices than `most`.

    It is also None where the search takes too long.
    """
    search = _Search.of(kinds, room, most)
    search.go(0, search.start, (), ())
    return None if search.steps > MOST_STEPS or search.choices > most else search.found


@dataclass(slots=True)
class _Search:
    """What stays the same during a search, and what was found."""

    kinds: Sequence[Kind]
    most: int
    needs: list[int]
    start: int
    fits: int
    rest: list[int]
    many: list[tuple[int, int]]
    found: list[Counts] = field(default_factory=list)
    choices: int = 0
    steps: int = 0

    @classmethod
    def of(cls, kinds: Sequence[Kind], room: Sequence[int], most: int) -> _Search:
        everything = sum(max(kind.need, default=0) * (len(kind.things) + 1) for kind in kinds)
        width = (everything + max(room, default=0) + 1).bit_length() + 1

        def packed(values: Sequence[int]) -> int:
            return sum(value << (place * (width + 1)) for place, value in enumerate(values))

        fits = packed([1 << width] * len(room))
        needs = [packed(kind.need) for kind in kinds]
        rest = [0]
        for kind, need in zip(reversed(kinds), reversed(needs), strict=True):
            rest.append(rest[-1] + need * len(kind.things))
        return cls(kinds, most, needs, packed(room) + fits, fits, rest[::-1], _many(kinds))

    def go(self, at: int, room: int, left_out: tuple[int, ...], counts: Counts) -> None:
        """Choose from the kinds from `at` on; `left_out` are needs that may not fit in the end."""
        self.steps += 1
        if self.steps > MOST_STEPS or self.choices > self.most:
            return
        fits = self.fits
        in_the_end = room - self.rest[at]
        for each in left_out:
            if (in_the_end - each) & fits == fits:
                return
        if in_the_end & fits == fits:
            self._keep((*counts, *(len(kind.things) for kind in self.kinds[at:])))
            return
        need, number = self.needs[at], len(self.kinds[at].things)
        rooms = [room]
        while len(rooms) <= number and (rooms[-1] - need) & fits == fits:
            rooms.append(rooms[-1] - need)
        for taken in range(len(rooms) - 1, -1, -1):
            now = rooms[taken]
            # What does not fit now never will: the room only shrinks.
            still = tuple(each for each in left_out if (now - each) & fits == fits)
            if taken < len(rooms) - 1:
                still = (*still, need)
            self.go(at + 1, now, still, (*counts, taken))

    def _keep(self, counts: Counts) -> None:
        self.choices += prod(comb(number, counts[at]) for at, number in self.many)
        self.found.append(counts)
