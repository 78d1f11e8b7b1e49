"""The pre-commit hooks run as pre-commit runs them: entry, then args, then the changed files."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import FLEET

MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
HOOKS = {each["id"]: each for each in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))}


def run(hook: dict[str, Any], folder: Path, *changed: str) -> subprocess.CompletedProcess[str]:
    """A hook on changed files, in the root of a repository."""
    program, *arguments = shlex.split(hook["entry"])
    assert program == "llamafleet"
    files = changed if hook.get("pass_filenames", True) else ()
    command = [sys.executable, "-m", program, *arguments, *hook.get("args", ()), *files]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS.keys())
def test_hook_says_all_that_pre_commit_needs(hook: dict[str, Any]) -> None:
    assert {"id", "name", "entry", "language", "files"} <= hook.keys()


def test_a_fleet_is_checked_by_way_of_what_it_includes(tmp_path: Path) -> None:
    (tmp_path / "fleet.fleet").write_text(FLEET.replace("host box {}", 'include "hosts.fleet"'))
    (tmp_path / "hosts.fleet").write_text("fleet 1\n\nhost box {}\n")
    hook = HOOKS["llamafleet-check"]
    assert run(hook, tmp_path, "hosts.fleet").returncode == 0
    (tmp_path / "hosts.fleet").write_text("fleet 1\n\nhost bax {}\n")
    done = run(hook, tmp_path, "hosts.fleet")
    assert done.returncode == 1
    assert "error[unknown-name]" in done.stdout


def test_files_are_formatted(tmp_path: Path) -> None:
    (tmp_path / "a.fleet").write_text("fleet 1\nhost   box   {}\n")
    assert run(HOOKS["llamafleet-fmt"], tmp_path, "a.fleet").returncode == 0
    assert (tmp_path / "a.fleet").read_text() == "fleet 1\n\nhost box {}\n"
