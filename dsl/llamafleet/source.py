"""Source text and places in it."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from .dataclasses import dataclass


class Position(NamedTuple):
    """A place in a file: line and column, 1-based, in code points."""

    line: int
    column: int


class Span(NamedTuple):
    """A stretch of a file; `end` is exclusive, as in SARIF."""

    path: str
    start: Position
    end: Position


@dataclass(frozen=True)
class Source:
    """One file's text. `path` is how the user named it, and is what diagnostics print."""

    path: str
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Return the lines without their line ends."""
        return tuple(line.removesuffix("\r") for line in self.text.split("\n"))

    def whole(self) -> Span:
        """Return a span at the very start, for problems of the whole file."""
        return Span(self.path, Position(1, 1), Position(1, 1))
