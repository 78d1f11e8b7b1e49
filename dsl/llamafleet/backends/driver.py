"""Memory that a driver takes of a card, as data."""

from __future__ import annotations

from ..dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Driver:
    """Memory that a process takes of a card beyond what llama-server's log shows, in MiB.

    The middle of what was seen, from where to where, and where that is written.
    """

    middle: int
    least: int
    most: int
    source: str
