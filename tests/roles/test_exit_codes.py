"""The exit status of a rollout, tested with the real command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PYINFRA = Path(sys.executable).parent / "pyinfra"
INVENTORY = 'alpha = ["@local"]\nbeta = ["@fake/other"]\n'
DEPLOY = """
from pyinfra.context import host
from pyinfra.operations import server

server.shell(name="First", commands=[{first!r}])
server.shell(name="Second", commands=["echo second of $0"])
"""


def command(
    folder: Path, *options: str, inventory: str = INVENTORY, first: str = "true"
) -> list[str]:
    (folder / "hosts.py").write_text(inventory)
    (folder / "deploy.py").write_text(DEPLOY.format(first=first))
    words = [str(PYINFRA), "-y", *options, str(folder / "hosts.py"), str(folder / "deploy.py")]
    return words


def run(folder: Path, *options: str, **given: str) -> tuple[int, str]:
    """Exit status and everything that is said."""
    done = subprocess.run(
        command(folder, *options, **given),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYINFRA_PROGRESS": "off"},
        timeout=120,
    )
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


def test_a_run_in_which_all_is_well_ends_with_0(tmp_path: Path) -> None:
    assert run(tmp_path)[0] == 0
    assert run(tmp_path, "--limit", "alpha", "--limit", "@fake/*")[0] == 0
    assert run(tmp_path, "--no-wait")[0] == 0


@pytest.mark.parametrize("limits", [("alhpa",), ("alpha", "--limit", "betta")])
def test_a_limit_that_matches_nothing_is_refused(tmp_path: Path, limits: tuple[str, ...]) -> None:
    status, said = run(tmp_path, "--limit", *limits)
    assert status == 1
    assert f"--limit {limits[-1]} matches no host and no group" in said
    assert "@fake/other, @local" in said
    assert "Connecting" not in said


def test_a_run_on_no_host_at_all_is_refused(tmp_path: Path) -> None:
    status, said = run(tmp_path, "--limit", "alpha", "--exclude", "@local")
    assert status == 1
    assert "no host to work on: --limit and --exclude leave none" in said
    status, said = run(tmp_path, inventory="alpha = []\n")
    assert status == 1
    assert "no host to work on: the inventory has none" in said


@pytest.mark.parametrize("option", ["--no-wait", "--serial", "--parallel=1"])
def test_a_host_that_fails_is_a_failure_however_hosts_are_worked_on(
    tmp_path: Path, option: str
) -> None:
    status, said = run(tmp_path, option, first="echo no >&2; exit 3")
    assert status == 1
    # The other host goes on, and this one does not.
    results = [line.split() for line in said.splitlines()]
    assert results.count(["[@local]", "Error:", "executed", "0", "commands"]) == 1
    assert results.count(["[@fake/other]", "Success"]) == 2


def test_ctrl_c_is_no_success(tmp_path: Path) -> None:
    marker = tmp_path / "begun"
    words = command(tmp_path, "--limit", "alpha", first=f"touch {marker}; sleep 30")
    with subprocess.Popen(
        words,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as rollout:
        while not marker.exists():
            assert rollout.poll() is None
            time.sleep(0.05)
        rollout.send_signal(signal.SIGINT)
        said, _ = rollout.communicate(timeout=20)
    assert rollout.returncode == 130, said
    assert "stopped by Ctrl-C: run this again" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("", "cannot ask for confirmation here: add -y to roll out, or --dry to preview"),
        ("no\n", "not confirmed: nothing was changed"),
    ],
)
def test_a_run_that_nobody_confirms_is_no_success(
    tmp_path: Path, answer: str, message: str
) -> None:
    marker = tmp_path / "done"
    words = [word for word in command(tmp_path, first=f"touch {marker}") if word != "-y"]
    done = subprocess.run(
        words, cwd=ROOT, input=answer, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert "debug.log" not in done.stdout + done.stderr
    assert not marker.exists()
