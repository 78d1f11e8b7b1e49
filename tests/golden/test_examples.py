"""Each example, rendered for each host, is what lies beside this file, shaped like the host's root.

`pytest --update-goldens` writes the trees anew; read the difference before it is committed.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from llamafleet.compiler import compile_file
from llamafleet.fleet.model import Fleet
from llamafleet.plan import plan_fleet
from llamafleet.render import render, write_tree
from llamafleet.targets.plan_types import HostPlan

GOLDEN = Path(__file__).parent
EXAMPLES = GOLDEN.parent.parent / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/fleet.fleet"))
NOT_IN_A_PLAN = frozenset({"origin", "spans", "content", "trial"})


def compiled(name: str) -> Fleet:
    found = compile_file(EXAMPLES / name / "fleet.fleet")
    assert not found.diagnostics, [each.message for each in found.diagnostics]
    assert found.fleet is not None
    return found.fleet


def plain(value: object) -> Any:
    """A plan as JSON: what it says, without places in the text and without what files hold."""
    if dataclasses.is_dataclass(value):
        fields = (each.name for each in dataclasses.fields(value))
        return {each: plain(getattr(value, each)) for each in fields if each not in NOT_IN_A_PLAN}
    return [plain(each) for each in value] if isinstance(value, tuple) else value


def rendered(fleet: Fleet) -> dict[str, str]:
    """Path below the example's folder to content."""
    files = {
        f"{host}{artifact.path}": artifact.content
        for host, artifacts in render(fleet).items()
        for artifact in artifacts
    }
    files |= {f"{plan.host}.plan.json": as_json(plan) for plan in plan_fleet(fleet)}
    return files


def as_json(plan: HostPlan) -> str:
    return json.dumps(plain(plan), indent=2) + "\n"


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


@pytest.mark.parametrize("name", NAMES)
def test_a_written_tree_holds_the_same_files(name: str, tmp_path: Path) -> None:
    fleet = compiled(name)
    written = {str(path.relative_to(tmp_path)) for path in write_tree(fleet, tmp_path)}
    assert written == set(kept(tmp_path))
    assert kept(tmp_path) == {
        path: text for path, text in rendered(fleet).items() if not path.endswith(".plan.json")
    }


def test_every_golden_belongs_to_an_example() -> None:
    folders = {path.name for path in GOLDEN.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == set(NAMES)
