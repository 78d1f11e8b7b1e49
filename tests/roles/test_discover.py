"""`deploys/discover.py` by the real pyinfra, on this machine: what is printed can be pasted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from llamafleet.cli import main

ROOT = Path(__file__).parents[2]
PYINFRA = Path(sys.executable).parent / "pyinfra"


def discover(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PYINFRA), "@local", "deploys/discover.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("arguments", [("-y",), ("--dry",)])
@pytest.mark.parametrize("kind", ["clone", "site"])
def test_its_output_is_a_fleet(
    kind: str, arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ROOT
    if kind == "site":
        folder = tmp_path / "site"
        assert main(["init", str(folder)]) == 0
    done = discover(folder, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("host local {") == 1
    assert "ram     = " in done.stdout
    assert "compilers: " in done.stdout
    found = tmp_path / "found.fleet"
    found.write_text(f"fleet 1\n\n{done.stdout}", encoding="utf-8")
    assert main(["check", str(found)]) == 0, done.stdout
    assert "--dry" in arguments or "No changes" in done.stderr
