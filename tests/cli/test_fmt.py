"""`llamafleet fmt`: what it writes, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from llamafleet.language import formatter
from llamafleet.language.syntax import File
from tests.cli.conftest import FLEET, Run

MESSY = "fleet 1\r\nmodel  a{\n  k=1 # c\n longer = 2\n}"
CLEAN = "fleet 1\n\nmodel a {\n    k      = 1  # c\n    longer = 2\n}\n"


@pytest.fixture
def messy(folder: Path) -> Path:
    path = folder / "messy.fleet"
    path.write_bytes(MESSY.encode())
    return path


def test_it_rewrites_what_is_not_canonical(run: Run, messy: Path) -> None:
    messy.chmod(0o640)
    done = run("fmt", "messy.fleet", "fleet.fleet")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "1 file already canonical, 1 file formatted\n"
    assert messy.read_bytes().decode() == CLEAN
    assert messy.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in messy.parent.iterdir()) == ["fleet.fleet", "messy.fleet"]


def test_a_canonical_file_is_not_touched(run: Run, folder: Path) -> None:
    before = (folder / "fleet.fleet").stat()
    assert run("fmt", "fleet.fleet").returncode == 0
    after = (folder / "fleet.fleet").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_link_still_points_at_its_file(run: Run, messy: Path) -> None:
    link = messy.with_name("link.fleet")
    link.symlink_to("messy.fleet")
    assert run("fmt", "link.fleet").returncode == 0
    assert link.is_symlink()
    assert messy.read_text() == CLEAN


def test_check_writes_nothing_and_names_the_files(run: Run, messy: Path) -> None:
    done = run("fmt", "--check", "messy.fleet", "fleet.fleet")
    assert (done.returncode, done.stdout) == (1, "messy.fleet\n")
    assert "1 file to be formatted" in done.stderr
    assert messy.read_bytes().decode() == MESSY
    assert run("fmt", "--check", "fleet.fleet").returncode == 0


def test_diff_writes_nothing_and_shows_what_would_change(run: Run, messy: Path) -> None:
    done = run("fmt", "--diff", "messy.fleet")
    assert done.returncode == 0
    assert done.stdout.startswith("--- a/messy.fleet\n+++ b/messy.fleet\n")
    assert "+    longer = 2\n" in done.stdout
    assert "\\ No newline at end of file\n" in done.stdout
    assert messy.read_bytes().decode() == MESSY
    assert run("fmt", "--diff", "--check", "messy.fleet").returncode == 1


def test_stdin_goes_to_stdout(run: Run) -> None:
    done = run("fmt", "-", input=MESSY)
    assert (done.returncode, done.stdout, done.stderr) == (0, CLEAN, "")
    bad = run("fmt", "-", input="fleet 1\nx y z\n")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "<stdin>:2:5" in bad.stderr


def test_a_file_with_errors_is_left_as_it_is(run: Run, messy: Path) -> None:
    messy.write_text("fleet 1\nmodel a {\n  k =\n}\n")
    done = run("fmt", "messy.fleet", "none.fleet", "fleet.fleet")
    assert done.returncode == 1
    assert "error[syntax]" in done.stderr
    assert "error[unreadable-file]" in done.stderr
    assert "2 files with errors" in done.stderr
    assert messy.read_text() == "fleet 1\nmodel a {\n  k =\n}\n"


def test_a_defect_of_the_formatter_costs_no_file(
    messy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from llamafleet.cli import main

    def lossy(file: File, _: object) -> str:
        return "fleet 1\n"

    monkeypatch.setattr(formatter, "lay_out", lossy)
    monkeypatch.chdir(messy.parent)
    assert main(["fmt", "messy.fleet"]) == 3
    assert "internal error: " in capsys.readouterr().err
    assert messy.read_bytes().decode() == MESSY


READ_ONLY = 'mount --bind . . && mount -o remount,bind,ro "$PWD" && cd "$PWD" && exec "$@"'


def test_a_folder_that_cannot_be_written(messy: Path) -> None:
    command = [sys.executable, "-m", "llamafleet", "fmt", "messy.fleet"]
    if os.geteuid() == 0:  # root may write anywhere but on a file system that is read-only
        command = ["unshare", "-m", "sh", "-c", READ_ONLY, "sh", *command]
    messy.parent.chmod(0o555)
    try:
        done = subprocess.run(command, cwd=messy.parent, capture_output=True, text=True, timeout=60)
    finally:
        messy.parent.chmod(0o755)
    assert done.returncode == 3, done.stderr
    assert "cannot write" in done.stderr
    assert messy.read_bytes().decode() == MESSY


def test_the_fleet_of_these_tests_is_canonical(run: Run) -> None:
    assert run("fmt", "-", input=FLEET).stdout == FLEET
