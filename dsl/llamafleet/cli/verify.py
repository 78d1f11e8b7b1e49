"""`llamafleet verify`: ask the live hosts of a fleet whether they are as planned."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from ..compiler import compile_file
from .terminal import say, show, totals

PROBLEMS, USAGE, FAILED, INTERRUPTED = 1, 2, 3, 130

CODES = {0: 0, 1: PROBLEMS, 2: INTERRUPTED, 3: FAILED, 4: USAGE, 5: USAGE}
"""Exit codes of pytest (5: no test fits the options), and ours."""


def verify(fleet: str, pytest_arguments: list[str]) -> int:
    """Run the verification suite; 1 if the fleet has errors or a host is not as planned."""
    import pytest

    import llamafleet_verify

    # pytest loads it as a plugin, and wants to be the first to import it.
    if find_spec("testinfra") is None:
        raise ModuleNotFoundError("No module named 'testinfra'", name="testinfra")

    compiled = compile_file(fleet)
    if compiled.fleet is None:
        show(compiled.diagnostics, compiled.sources, sys.stderr)
        print(totals(compiled.diagnostics, max(1, len(compiled.sources))), file=sys.stderr)
        return PROBLEMS
    suite = str(Path(llamafleet_verify.__file__).parent)
    # Settings and plugins of a project that happens to lie around are not asked: only the suite.
    own = [f"--config-file={os.devnull}", f"--rootdir={suite}", "--import-mode=importlib"]
    # One word: of two, pytest takes the second for a test until the suite has said what it is.
    own += ["-p", "no:cacheprovider", suite, f"--fleet={Path(fleet).resolve()}"]
    code = int(pytest.main([*own, *pytest_arguments]))
    if code not in CODES:
        say(f"pytest ended with {code}")
    return CODES.get(code, FAILED)
