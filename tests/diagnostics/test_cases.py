"""Every code has a case: a fleet that causes it, and what is printed.

A `.fleettest` file holds a fleet, a line of ten dashes, and the rendering. Lines `=== NAME` begin
further files, which the first may include; `=== NAME latin-1` stores one in that encoding.
A first line `# check config.yaml ...` says that it is a configuration of llama-swap, and how it is
checked; `# import NAME` says that it is a file to be imported.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from llamafleet.cli.arguments import read
from llamafleet.cli.yaml_files import environment
from llamafleet.compiler import Compiled, compile_file
from llamafleet.diagnostics.as_text import as_text
from llamafleet.diagnostics.model import Diagnostics
from llamafleet.importers.dispatch import ImportOptions, guess, import_source
from llamafleet.llama_swap.versions import NEWEST
from llamafleet.rules.codes import CODES
from llamafleet.source import Source
from llamafleet.swap_check import check_swap_config

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.fleettest"))
MAIN = "fleet.fleet"
SEPARATOR = "-" * 10


def compiled(case: str) -> Compiled:
    """What comes of the files of a case."""
    files: dict[str, bytes] = {}
    parts = re.split(r"^=== (\S+)(?: (\S+))?\n", case, flags=re.MULTILINE)
    files[MAIN] = parts[0].encode()
    for name, encoding, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        files[name] = text.encode(encoding or "utf-8")

    def stored(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    return compile_file(MAIN, stored)


def checked_yaml(case: str) -> str:
    """What checking a configuration of llama-swap prints; its first line says how."""
    options = read(["check", *case.partition("\n")[0].removeprefix("# check ").split()])
    source = Source(options.fleets[0], case)
    found = check_swap_config(
        source, options.llama_swap or NEWEST, options.llama_cpp, environment(options.env)
    )
    return as_text(Diagnostics(list(found.diagnostics)), {source.path: source})


def imported(case: str) -> str:
    """What importing a file prints."""
    source = Source(case.partition("\n")[0].removeprefix("# import "), case)
    kind = guess(source)
    assert kind is not None
    return as_text(import_source(source, kind, ImportOptions()).diagnostics, {source.path: source})


def rendered(case: str) -> str:
    """What compiling the files of a case prints."""
    if case.startswith("# check "):
        return checked_yaml(case)
    if case.startswith("# import "):
        return imported(case)
    result = compiled(case)
    return as_text(result.diagnostics, result.sources)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, update_goldens: bool) -> None:
    """The rendering is the one on file, and carries the code that the file is named after."""
    source, _, expected = path.read_text(encoding="utf-8").partition(f"{SEPARATOR}\n")
    found = rendered(source)
    if update_goldens:
        path.write_text(f"{source}{SEPARATOR}\n{found}", encoding="utf-8")
        expected = found
    assert found == expected
    assert f"[{path.stem.partition('.')[0]}]" in found


@pytest.mark.parametrize("code", CODES)
def test_code_has_a_case(code: str) -> None:
    """Each code is shown at work; `docs/diagnostics.md` is made of these cases."""
    assert (HERE / f"{code}.fleettest").is_file()


def test_case_names_are_codes() -> None:
    """A second case of a code is called `code.what.fleettest`."""
    assert {path.stem.partition(".")[0] for path in CASES} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_severity_is_as_listed(code: str) -> None:
    """The table says error or warning, and the rendering says the same."""
    path = HERE / f"{code}.fleettest"
    assert f"{CODES[code].severity.value}[{code}]" in path.read_text(encoding="utf-8")
