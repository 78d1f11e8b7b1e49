"""A model of an overfull combination that may be changed, and what is beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ....fleet.model import Model
from ....gguf import GgufFacts
from ..footprints import Footprints
from ..host import ram_room
from ..model import ESTIMATED, Footprint
from ..overfull import Overfull

MOST_MODELS = 3


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that makes it fit: `change` is as one would write it, of `model`."""

    model: str
    change: str
    left: int
    """Bytes that are free then on the card that has least."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may be changed; `taken` is what all else takes of each card, in bytes."""

    footprints: Footprints
    found: Overfull
    model: Model
    taken: tuple[int, ...]
    margins: tuple[int, ...]

    @property
    def own(self) -> tuple[Footprint, ...]:
        """Return its processes as they are now."""
        return self.footprints.of(self.found.service.name, self.model.name, self.found.host.name)

    def free(self) -> tuple[int, ...]:
        """Return the bytes of each card left for this model, 0 where they are not known."""
        rooms = self.footprints.room(self.found.host.name)
        return tuple(
            max(0, (room or 0) - taken) for room, taken in zip(rooms, self.taken, strict=True)
        )

    def left(self, model: Model, facts: Mapping[str, GgufFacts] | None = None) -> int | None:
        """Return the bytes left on the fullest card with a changed model; None if too few."""
        host = self.found.host
        placed = [self.footprints.variant(self.found.service.name, model, host.name, facts)]
        spread = len(self.own) == 1 and self.own[0].spread
        if spread and not model.flag("tensor-split"):
            # Spread by free memory: it must fit as the last one, too.
            free = tuple(each or None for each in self.free())
            again = self.footprints.variant(self.found.service.name, model, host.name, facts, free)
            placed.append(again)
        found = [self._left(each) for each in placed]
        return None if None in found else min(each for each in found if each is not None)

    def _left(self, changed: tuple[Footprint, ...]) -> int | None:
        if not all(each.known for each in changed) or not changed:
            return None
        host, least = self.found.host, None
        for card, room in enumerate(self.footprints.room(host.name)):
            needs = sum(each.bytes_on(card) for each in changed)
            if room is None or not needs + self.taken[card]:
                continue
            doubt = self.margins[card] + sum(each.margin_on(card) for each in changed)
            left = room - self.taken[card] - needs
            if left < doubt:
                return None
            least = left if least is None else min(least, left)
        memory = ram_room(host)
        grown = sum(each.host_bytes(growing=False) + each.ram_margin for each in changed)
        return None if memory is not None and grown > memory else least or 0


def candidates(footprints: Footprints, found: Overfull) -> Iterator[Candidate]:
    """Yield the models of a combination on the overfull card, the largest first."""
    host = found.host
    by_model: dict[str, int] = {}
    for each in found.combination.footprints:
        if each.known == ESTIMATED:
            by_model[each.model] = by_model.get(each.model, 0) + each.bytes_on(found.card)
    largest = sorted((name for name in by_model if by_model[name]), key=lambda n: -by_model[n])
    for name in largest[:MOST_MODELS]:
        others = tuple(each for each in found.combination.footprints if each.model != name)
        beside = (*others, *(each for of in found.beside for each in of.footprints))
        cards = range(len(host.gpus))
        yield Candidate(
            footprints,
            found,
            footprints.fleet.models[name],
            tuple(sum(each.bytes_on(card) for each in beside) for card in cards),
            tuple(sum(each.margin_on(card) for each in beside) for card in cards),
        )
