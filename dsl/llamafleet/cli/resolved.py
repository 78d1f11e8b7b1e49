"""A fleet that can be read, for the commands that also show what does not fit."""

from __future__ import annotations

import sys

from ..compiler import compile_file
from ..diagnostics.model import Severity
from ..fleet.model import Fleet
from .terminal import show


def resolved(path: str) -> Fleet | None:
    """Return the fleet even if rules reject it; else None, with its errors on stderr."""
    compiled = compile_file(path)
    if compiled.resolved is None:
        errors = [each for each in compiled.diagnostics if each.severity is Severity.ERROR]
        show(errors, compiled.sources, sys.stderr)
    return compiled.resolved
