"""Each example, rendered for each host, is what lies beside this file, shaped like the host's root.

`pytest --update-goldens` writes the trees anew; read the difference before it is committed.
"""

from __future__ import annotations

import difflib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from llamafleet.compiler import compile_file
from llamafleet.fleet.model import Fleet
from llamafleet.plan import plan_fleet
from llamafleet.plan_json import plan_tree
from llamafleet.render import render

GOLDEN = Path(__file__).parent
EXAMPLES = GOLDEN.parent.parent / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/fleet.fleet"))


def compiled(name: str) -> Fleet:
    found = compile_file(EXAMPLES / name / "fleet.fleet")
    assert not found.diagnostics, [each.message for each in found.diagnostics]
    assert found.fleet is not None
    return found.fleet


def rendered(fleet: Fleet) -> dict[str, str]:
    """Path below the example's folder to content."""
    files = {
        f"{host}{artifact.path}": artifact.content
        for host, artifacts in render(fleet).items()
        for artifact in artifacts
    }
    files |= {
        f"{plan.host}.plan.json": json.dumps(plan_tree(plan), indent=2) + "\n"
        for plan in plan_fleet(fleet)
    }
    return files


def kept(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def differences(want: Mapping[str, str], got: Mapping[str, str]) -> Iterator[str]:
    for path in sorted({*want, *got}):
        if want.get(path) != got.get(path):
            a, b = (text.get(path, "").splitlines(keepends=True) for text in (want, got))
            yield "".join(difflib.unified_diff(a, b, f"golden/{path}", f"rendered/{path}"))


def write(files: Mapping[str, str], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8", newline="\n")


@pytest.mark.parametrize("name", NAMES)
def test_an_example_renders_as_kept(name: str, update_goldens: bool) -> None:
    files = rendered(compiled(name))
    if update_goldens:
        write(files, GOLDEN / name)
    found = list(differences(kept(GOLDEN / name), files))
    assert not found, "\n".join(found)


def test_every_golden_belongs_to_an_example() -> None:
    folders = {path.name for path in GOLDEN.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == set(NAMES)
