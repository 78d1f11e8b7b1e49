"""Shared functions for printing."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from ..diagnostics.model import Diagnostic, Severity
from ..source import Source

STDIN = "<stdin>"
"""What diagnostics call a text that is no file."""


def prepare() -> None:
    """Let any text be printed, whatever the terminal's encoding, and start quickly."""
    # Most of a command's time goes into imports, whose objects stay: to collect them is in vain.
    gc.set_threshold(100_000)
    # At the end Python looks for cycles once more, in what is about to go anyway.
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


def say(message: str) -> None:
    """Print a message of the tool itself to stderr."""
    print(f"llamafleet: {message}", file=sys.stderr)


def has_color(stream: TextIO) -> bool:
    """Return True for a terminal, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show(
    diagnostics: Iterable[Diagnostic],
    sources: Mapping[str, Source],
    stream: TextIO | None = None,
    secrets: Sequence[str] = (),
) -> None:
    """Print diagnostics for people; `secrets` are values that are never shown."""
    to = stream or sys.stdout
    found = tuple(diagnostics)
    if found and secrets:
        from ..diagnostics.concealed import concealed

        found, sources = concealed(found, sources, secrets)
    if not found:
        return
    from ..diagnostics.as_text import as_text

    to.write(as_text(found, sources, has_color(to)))


def counted(number: int, word: str) -> str:
    """Return the number with its noun: `1 host`, `2 hosts`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def totals(diagnostics: Iterable[Diagnostic], files: int) -> str:
    """Return a summary such as `2 errors, 1 warning in 3 files`."""
    found = [each.severity for each in diagnostics]
    kinds = ((found.count(each), each.value) for each in (Severity.ERROR, Severity.WARNING))
    words = ", ".join(counted(number, word) for number, word in kinds if number)
    return f"{words} in {counted(files, 'file')}"
