"""The script that puts a llama-swap in place: only one that runs, and that is what it should be."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from llamafleet_roles.llama_swap.facts import FILES
from tests.lab.llama_swap import find_llama_swap


def install(program: Path, folder: Path, version: str) -> subprocess.CompletedProcess[str]:
    """Run the script as a rollout does, for a release of that name."""
    script = (FILES / "install.sh").read_text()
    uploaded = folder / "uploaded"
    uploaded.write_bytes(program.read_bytes())
    words = [str(uploaded), str(folder / version / "llama-swap"), version, "origin sum"]
    return subprocess.run(
        ["sh", "-c", script, "install", *words], capture_output=True, text=True, check=False
    )


def saying(folder: Path, line: str, status: int = 0) -> Path:
    """A program that says a line and ends; it stands in for llama-swaps that are not here."""
    program = folder / "program"
    program.write_text(f"#!/bin/sh\necho '{line}'\nexit {status}\n")
    return program


@pytest.mark.parametrize(
    "line",
    [
        "version: v250 (60226b63), built at 2026-08-14T00:00:00Z",
        "version: 250 (60226b63), built at 2026-08-14T00:00:00Z",
        "version: 0 (abcd1234), built at unknown",
        "version: local_60226b63 (60226b63), built at 2026-08-14T00:00:00Z",
    ],
)
def test_the_wanted_one_or_one_that_does_not_know_its_release(tmp_path: Path, line: str) -> None:
    done = install(saying(tmp_path, line), tmp_path, "v250")
    assert done.returncode == 0, done.stderr
    assert ("does not report its version" in done.stdout) == ("250" not in line)
    placed = tmp_path / "v250/llama-swap"
    assert placed.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "v250/origin").read_text() == "origin sum\n"


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        ("version: v249 (0bdb3720), built at x", 0, "is version 249, but the fleet file says v250"),
        ("version: v2500 (0bdb3720), built at x", 0, "is version 2500, but"),
        ("cannot run", 1, "does not run on this host"),
    ],
)
def test_another_one_takes_no_place(tmp_path: Path, line: str, status: int, reason: str) -> None:
    (tmp_path / "v250").mkdir()
    (tmp_path / "v250/llama-swap").write_text("what was there")
    done = install(saying(tmp_path, line, status), tmp_path, "v250")
    assert done.returncode == 1
    assert reason in done.stderr
    assert [each.name for each in (tmp_path / "v250").iterdir()] == ["llama-swap"]
    assert (tmp_path / "v250/llama-swap").read_text() == "what was there"


def test_the_real_one_of_this_machine(tmp_path: Path) -> None:
    """A release is taken for itself alone; who does not say which it is is taken at one's word."""
    found = find_llama_swap(tmp_path)
    release = found.release or 250
    done = install(found.path, tmp_path, f"v{release}")
    assert done.returncode == 0, done.stderr
    assert ("does not say" in done.stdout) == (found.release is None)
    other = install(found.path, tmp_path, f"v{release - 1}")
    assert (other.returncode == 0) == (found.release is None), other.stdout
