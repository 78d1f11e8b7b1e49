"""What a rule must not report: each has a fleet that comes close and is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamafleet.compiler import compile_file
from llamafleet.diagnostics.as_text import as_text

CASES = sorted((Path(__file__).parent / "clean").glob("*.fleet"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_nothing_is_found(path: Path) -> None:
    """Not by the rule that the case is named after, and by no other."""
    compiled = compile_file(path)
    assert as_text(compiled.diagnostics, compiled.sources) == ""
