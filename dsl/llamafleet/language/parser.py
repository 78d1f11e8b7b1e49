"""Parses text to a syntax tree."""

from __future__ import annotations

from ..diagnostics.model import Diagnostics
from ..source import Source
from .fast_path import read_fast
from .reading import without_controls
from .syntax import File
from .tables import tables


def parse(source: Source) -> tuple[File, Diagnostics]:
    """Parse one file; the tree holds what could be read, and every syntax error is reported."""
    diagnostics = Diagnostics()
    text = without_controls(source, diagnostics)
    if text is None:
        return File(source.path, ()), diagnostics
    file = read_fast(text, source.path, tables())
    if file is None:
        # Most files have no errors: what reads those that have is loaded when it is needed.
        from .recovery import read_recovering

        file = read_recovering(text, source.path, diagnostics)
    return file, diagnostics
