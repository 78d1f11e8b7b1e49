"""Each benchmark runs, on as little as it takes: a table in benchmarks/ can be made again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SMALLEST = {
    "check": ("--runs", "1"),
    "derive": ("--models", "4", "--cards", "1"),
    "growth": ("--hosts", "2", "--runs", "1"),
    "render": ("--hosts", "2", "--runs", "1"),
}
"""Those that need nothing but llamafleet; `memory` needs builds of llama.cpp and peers."""

ON_HOSTS = {
    "rollout": ("--files", "2", "--units", "1", "--runs", "1"),
    "weights": ("--hosts", "2", "--megabytes", "20", "--rate", "20"),
}
"""Those that boot hosts of their own."""

NEEDS_MORE = {"memory"}

RATIO = re.compile(r"[0-9]\.[0-9]+ ?x\b|ratio[^0-9]+[0-9]")


def run(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_none_is_left_out() -> None:
    folder = ROOT / "benchmarks"
    there = {path.stem for path in folder.glob("*.py") if "def main" in path.read_text()}
    there |= {path.parent.name for path in folder.glob("*/__main__.py")}
    assert there == {*SMALLEST, *ON_HOSTS, *NEEDS_MORE}


@pytest.mark.parametrize("name", SMALLEST)
def test_it_runs(name: str) -> None:
    assert RATIO.search(run(name, *SMALLEST[name]))


@pytest.mark.parametrize("name", sorted(NEEDS_MORE))
def test_it_says_what_it_needs(name: str) -> None:
    assert "usage" in run(name, "--help")


@pytest.mark.lab
@pytest.mark.parametrize("name", ON_HOSTS)
def test_it_runs_on_hosts(name: str) -> None:
    assert RATIO.search(run(name, *ON_HOSTS[name]))
