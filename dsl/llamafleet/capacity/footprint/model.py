"""Footprints of processes and their combinations, as values."""

from __future__ import annotations

from ...dataclasses import dataclass
from ..memory.terms import Estimate

WRITTEN, MEASURED, ESTIMATED = "written", "measured", "estimated"


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of one process in one memory.

    `kind` is that of a term of the memory model (`weights`, `kv`, `recurrent`, `compute`, `output`,
    `driver`, `other`), or `whole` where only a total is known.
    """

    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class Footprint:
    """The memory that one process of a model takes on one host.

    `cards` are parts by the host's device index, in that order; `margins` are bytes by which the
    sum of a card may be off, `ram_margin` those of `ram` by a rule of thumb. `known` is the origin:
    `written` (the model's `vram`), `measured`, `estimated`, or "", and then `why` says what is
    missing.
    """

    service: str
    model: str
    host: str
    process: int
    cards: tuple[tuple[int, tuple[Part, ...]], ...] = ()
    ram: tuple[Part, ...] = ()
    margins: tuple[tuple[int, int], ...] = ()
    ram_margin: int = 0
    known: str = ""
    why: str = ""
    estimate: Estimate | None = None

    def bytes_on(self, card: int) -> int:
        """Return the bytes on a card."""
        return sum(part.size for index, parts in self.cards if index == card for part in parts)

    def margin_on(self, card: int) -> int:
        """Return the bytes by which `bytes_on` may be off."""
        return sum(size for index, size in self.margins if index == card)

    def caution(self, card: int) -> int:
        """Return by how many bytes more than `bytes_on` it is warned of.

        Nothing of what only the size of weights tells: that doubt is so wide that it would be
        warned of everywhere; who asks is told that it is a rule of thumb.
        """
        return 0 if self.by_size else self.margin_on(card)

    @property
    def by_size(self) -> bool:
        """Return whether only the size of its weights is known."""
        return self.known == ESTIMATED and self.estimate is not None and self.estimate.by_size

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return why a rule of thumb stands in for what is computed, and how far it may be off."""
        return self.estimate.doubts if self.estimate and self.known == ESTIMATED else ()

    @property
    def whole_context(self) -> str:
        """Return what an unset ctx-size comes to, "" where it is set or nothing is computed."""
        return self.estimate.whole_context if self.estimate and self.known == ESTIMATED else ""

    @property
    def written(self) -> bool:
        """Return whether it is the author's number: no setting of the model changes it."""
        return self.known == WRITTEN

    @property
    def unmodelled(self) -> tuple[str, ...]:
        """Return those reasons alone."""
        return self.estimate.unmodelled if self.estimate and self.known == ESTIMATED else ()

    @property
    def uses(self) -> tuple[int, ...]:
        """Return the cards on which it takes memory, by index."""
        return tuple(index for index, _ in self.cards)

    @property
    def parted(self) -> tuple[int, ...]:
        """Return the cards on which parts of it lie; a mere context is none."""
        return tuple(
            index for index, parts in self.cards if any(part.kind != "driver" for part in parts)
        )

    @property
    def spread(self) -> bool:
        """Return whether parts of it lie on several cards."""
        return len(self.parted) > 1

    def host_bytes(self, *, growing: bool) -> int:
        """Return the bytes of main memory; `growing` counts caches that fill while it works."""
        return sum(part.size for part in self.ram if growing or part.kind != "other")


@dataclass(frozen=True, slots=True)
class Combination:
    """Processes of one service on one host that may be there at a time.

    `name` is that of a set or of a group, the model's where it runs alone, and `always` where the
    service keeps them running.
    """

    name: str
    models: tuple[str, ...]
    footprints: tuple[Footprint, ...]

    def bytes_on(self, card: int) -> int:
        """Return the bytes on a card."""
        return sum(each.bytes_on(card) for each in self.footprints)

    def margin_on(self, card: int) -> int:
        """Return the bytes by which `bytes_on` may be off."""
        return sum(each.margin_on(card) for each in self.footprints)

    def caution(self, card: int) -> int:
        """Return by how many bytes more than `bytes_on` it is warned of."""
        return sum(each.caution(card) for each in self.footprints)
