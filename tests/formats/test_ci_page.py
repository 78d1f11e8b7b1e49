"""The workflow and the hooks in docs/ci.md, run on a good fleet and on a bad one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import FLEET
from tests.formats.test_pre_commit import HOOKS

PAGE = Path(__file__).parents[2] / "docs" / "ci.md"
FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORKFLOW, PRE_COMMIT = map(yaml.safe_load, FENCE.findall(PAGE.read_text(encoding="utf-8")))
STEPS = WORKFLOW["jobs"]["check"]["steps"]
RUN = {each["name"]: each["run"] for each in STEPS if "run" in each}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a fleet in it, and `llamafleet` on its PATH."""
    (tmp_path / "fleet.fleet").write_text(FLEET)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "--all"], cwd=tmp_path, check=True)
    programs = tmp_path / ".git" / "programs"
    programs.mkdir()
    program = programs / "llamafleet"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m llamafleet "$@"\n')
    program.chmod(0o755)
    return tmp_path


def run(step: str, repository: Path) -> subprocess.CompletedProcess[str]:
    """A step as GitHub's runner runs it."""
    path = f"{repository / '.git' / 'programs'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-c", RUN[step]],
        cwd=repository,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )


def sarif(repository: Path) -> Any:
    (found,) = json.loads((repository / "fleet.sarif").read_text())["runs"]
    return found["results"]


def test_every_step_passes_on_a_good_fleet(repository: Path) -> None:
    for step in RUN.keys() - {"Install llamafleet"}:
        done = run(step, repository)
        assert done.returncode == 0, (step, done.stdout, done.stderr)
    assert sarif(repository) == []
    assert list((repository / "rendered").glob("box/etc/systemd/system/*.service"))


def test_a_bad_fleet_is_stopped_and_reported(repository: Path) -> None:
    fleet = repository / "fleet.fleet"
    fleet.write_text(fleet.read_text().replace("host spare {}", "host spair {  }"))
    layout, check = run("Layout", repository), run("Check", repository)
    assert layout.returncode != 0
    assert "-host spair {  }" in layout.stdout
    assert check.returncode == 1
    assert check.stdout.startswith("::error file=fleet.fleet,line=")
    # The report is written and uploaded all the same.
    assert run("Report for code scanning", repository).returncode == 0
    assert [each["ruleId"] for each in sarif(repository)] == ["unknown-name"]
    assert run("Render", repository).returncode == 1


def test_a_failure_of_the_tool_is_no_clean_report(repository: Path) -> None:
    (repository / ".git" / "programs" / "llamafleet").write_text("#!/bin/sh\nexit 3\n")
    assert run("Report for code scanning", repository).returncode != 0


def test_what_is_uploaded_is_what_was_written() -> None:
    uploads = {each["uses"].split("@")[0]: each["with"] for each in STEPS if "with" in each}
    assert (
        f"> {uploads['github/codeql-action/upload-sarif']['sarif_file']} "
        in (RUN["Report for code scanning"])
    )
    assert RUN["Render"].endswith(uploads["actions/upload-artifact"]["path"])


def test_hooks_are_those_that_there_are() -> None:
    (repository,) = PRE_COMMIT["repos"]
    assert [each["id"] for each in repository["hooks"] if each["id"] not in HOOKS] == []
