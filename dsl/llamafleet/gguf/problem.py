"""Errors of GGUF headers, as values, since a file may come from anywhere."""

from __future__ import annotations

from ..dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GgufError:
    """A message about a file; `source` is its path or URL."""

    message: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.source}: {self.message}" if self.source else self.message


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The bytes end inside the header: at least `needed` are wanted."""

    needed: int


class StopReading(Exception):  # noqa: N818 (never leaves the package)
    """Carries the end of reading from any depth to `parse_header`."""

    def __init__(self, reason: GgufError | Incomplete) -> None:
        super().__init__()
        self.reason = reason


def bad(message: str) -> StopReading:
    """Return an error for a header that breaks the format."""
    return StopReading(GgufError(message))


def shown(text: str) -> str:
    """Return a name from a file for a message: short, and without control characters."""
    safe = "".join(each if each.isprintable() else "?" for each in text[:80])
    return f'"{safe}…"' if len(text) > 80 else f'"{safe}"'
