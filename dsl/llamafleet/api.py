"""The API for other programs: load a fleet, check a text, plan a host, format a text."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from .compiler import Compiled, compile_file, compile_text
from .diagnostics.as_text import as_text
from .fleet.model import Fleet
from .plan import plan_host

__all__ = ["Compiled", "check", "format_text", "load", "plan_host"]


def load(path: str | os.PathLike[str]) -> Fleet:
    """Compile the fleet file at `path`; repeated calls return the same fleet.

    Meant for inventories and deploys: problems are printed to stderr, and errors end the program
    with status 1 before any host is touched.
    """
    return _loaded(str(Path(path).resolve()), os.fspath(path))


def check(text: str, path: str = "fleet.fleet") -> Compiled:
    """Check a text as if it were the file at `path`."""
    return compile_text(text, path)


def format_text(text: str, path: str = "fleet.fleet") -> str:
    """Return the text in canonical form; a text with syntax errors is returned unchanged."""
    from .language.formatter import format_file
    from .source import Source

    return format_file(Source(path, text)).text or text


@cache
def _loaded(_resolved: str, path: str) -> Fleet:
    compiled = compile_file(path)
    if compiled.diagnostics:
        color = sys.stderr.isatty()
        print(as_text(compiled.diagnostics, compiled.sources, color), end="", file=sys.stderr)
    if compiled.fleet is None:
        raise SystemExit(1)
    return compiled.fleet
