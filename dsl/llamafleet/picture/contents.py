"""The contents of a picture, before anything is placed."""

from __future__ import annotations

from dataclasses import dataclass

from ..capacity.footprint import Part

FITS, TIGHT, OVER, UNKNOWN = "fits", "tight", "over", "unknown"


@dataclass(frozen=True, slots=True)
class Stack:
    """The memory that one process takes of one device.

    `hue` is the model's colour; None is for what other services hold (`beside`). Without `known`,
    nobody knows how much it is, and `why` says what is missing.
    """

    name: str
    parts: tuple[Part, ...]
    known: str
    title: str
    hue: int | None = None
    margin: int = 0
    why: str = ""

    @property
    def size(self) -> int:
        """Return all of its bytes."""
        return sum(part.size for part in self.parts)


@dataclass(frozen=True, slots=True)
class Bar:
    """One memory and what is in it; `capacity` is None where nobody says it.

    `ram` is the host's own; it is drawn `slim` where the host has cards beside it.
    """

    name: str
    what: str
    capacity: int | None
    reserved: int
    stacks: tuple[Stack, ...]
    ram: bool = False
    slim: bool = False

    @property
    def used(self) -> int:
        """Return the bytes that are taken, including what models never get."""
        return self.reserved + sum(stack.size for stack in self.stacks)

    @property
    def over(self) -> int:
        """Return the bytes beyond its end."""
        return max(0, self.used - self.capacity) if self.capacity is not None else 0

    @property
    def margin(self) -> int:
        """Return the uncertainty of the sum, in bytes."""
        return sum(stack.margin for stack in self.stacks)

    @property
    def unknown(self) -> bool:
        """Return True if a process of unknown size is in it."""
        return any(not stack.known for stack in self.stacks)

    @property
    def growing(self) -> int:
        """Return the bytes of caches that grow while models work."""
        parts = (part for stack in self.stacks for part in stack.parts)
        return sum(part.size for part in parts if self.ram and part.kind == "other")

    @property
    def verdict(self) -> str:
        """Return FITS, TIGHT, OVER, or UNKNOWN if a size or the capacity is not known."""
        if self.capacity is None:
            return UNKNOWN
        if self.used - self.growing - self.margin > self.capacity:
            return OVER
        if self.used + self.margin > self.capacity:
            return TIGHT
        return UNKNOWN if self.unknown else FITS


@dataclass(frozen=True, slots=True)
class Chip:
    """A model of a state: its name, how many processes, and what all of them take of the bars."""

    name: str
    hue: int
    processes: int
    size: int | None
    title: str


@dataclass(frozen=True, slots=True)
class State:
    """Models that may be in memory together; `word` says what kind of thing `name` names."""

    word: str
    name: str
    chips: tuple[Chip, ...]
    bars: tuple[Bar, ...]

    @property
    def verdict(self) -> str:
        """Return the worst verdict of its bars."""
        found = [bar.verdict for bar in self.bars]
        return next((each for each in (OVER, TIGHT, UNKNOWN) if each in found), FITS)


@dataclass(frozen=True, slots=True)
class Block:
    """A service on a host; `more` tells of states that are not drawn."""

    service: str
    kind: str
    listens: str
    states: tuple[State, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class ProxyTarget:
    """A service on a host that a reverse proxy sends requests to, and its addresses."""

    host: str
    service: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frontend:
    """A reverse proxy."""

    name: str
    kind: str
    listens: str
    upstream: str
    targets: tuple[ProxyTarget, ...]


@dataclass(frozen=True, slots=True)
class HostPanel:
    """A host; `idle` are its memories where no service has models on it."""

    name: str
    address: str
    hardware: str
    frontends: tuple[Frontend, ...]
    blocks: tuple[Block, ...]
    idle: tuple[Bar, ...]

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Return every bar drawn for the host."""
        states = (state for block in self.blocks for state in block.states)
        return (*self.idle, *(bar for state in states for bar in state.bars))


@dataclass(frozen=True, slots=True)
class Contents:
    """All of it."""

    title: str
    summary: str
    hosts: tuple[HostPanel, ...]

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Return every bar drawn."""
        return tuple(bar for host in self.hosts for bar in host.bars)
