"""One question of the probe: a shell command, and the reader of what it prints."""

from __future__ import annotations

from collections.abc import Callable

from ..dataclasses import dataclass
from .draft import Draft

MISSING = 127
"""The status of a command whose tool is not on the machine, as shells have it."""

SLOW = (124, 137)
"""The statuses of a command that was stopped because it took too long, as `timeout` has them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source printed, by lines, and the status that it ended with."""

    lines: tuple[str, ...]
    status: int = 0

    @property
    def text(self) -> str:
        """Return the lines as one text."""
        return "\n".join(self.lines)

    @property
    def first(self) -> str:
        """Return the first line that says something, which is where tools say what went wrong."""
        return next((line.strip() for line in self.lines if line.strip()), "")


@dataclass(frozen=True, slots=True)
class Source:
    """A source of facts: `command` is run by sh, with $root put before /sys, /proc, /etc and /opt.

    It ends with `MISSING` where its tool is not there. It may hang: the probe stops it. `read` puts
    what was printed into the draft, whatever that is, and never raises for it.
    """

    name: str
    command: str
    read: Callable[[Answer, Draft], None]


ABSENT = "it is not installed"
HUNG = "it did not answer in time"


def failure(answer: Answer) -> str | None:
    """Return why a tool's answer counts for nothing, in its own words; None where it counts."""
    if answer.status in SLOW:
        return HUNG
    if answer.status == MISSING:
        return ABSENT
    if answer.status:
        return answer.first or f"it ended with status {answer.status}"
    return None
