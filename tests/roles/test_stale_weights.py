"""Weights that changed under a running process, found by the real script in real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llamafleet.targets.plan_types import Unit
from llamafleet_roles.services.changes import compare
from llamafleet_roles.services.facts import FILES, Services
from tests.roles.machine import SWAP

LONG_AGO = 1_000_000_000

# Maps the file that it is given, as llama.cpp does, and says so.
MAPPING = """
import mmap, sys, time
with open(sys.argv[1], "rb") as file:
    held = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
print("mapped", flush=True)
time.sleep(60)
"""
# Has the file among its arguments, and nothing of it in its memory: `--no-mmap`, or an adapter.
WAITING = "import time; print('running', flush=True); time.sleep(60)"

Start = Callable[..., int]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python with a program and arguments; returns the id of the process."""
    started: list[subprocess.Popen[str]] = []

    def run(program: str, *arguments: str) -> int:
        command = [sys.executable, "-c", program, *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline()
        return process.pid

    yield run
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Weights that have been there for long."""
    path = tmp_path / "models" / "model.gguf"
    path.parent.mkdir()
    path.write_bytes(b"GGUF" + bytes(8192))
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def stale(pid: int, since: float | None = None) -> list[str]:
    """Return the script's findings for one process; `since` stands for its start time."""
    script = (FILES / "functions.sh").read_text() + f"processes() {{ echo {pid}; }}\n"
    if since is not None:
        script += f"started_at() {{ echo {int(since)}; }}\n"
    done = subprocess.run(
        ["sh", "-euc", script + "stale_weights unit"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_process_with_the_weights_at_their_path_is_current(start: Start, model: Path) -> None:
    assert stale(start(MAPPING, str(model))) == []
    assert stale(start(WAITING, "--model", str(model))) == []


def test_a_mapped_file_that_another_one_replaced_is_stale_at_once(
    start: Start, model: Path
) -> None:
    pid = start(MAPPING, str(model))
    fresh = model.with_name("fresh")
    fresh.write_bytes(b"GGUF" + bytes(4096))
    os.utime(fresh, (LONG_AGO, LONG_AGO))
    fresh.replace(model)
    assert stale(pid) == [str(model)]


def test_a_mapped_file_that_is_gone_leaves_the_process_alone(start: Start, model: Path) -> None:
    pid = start(MAPPING, str(model))
    model.unlink()
    assert stale(pid) == []


def test_a_file_that_was_written_later_is_stale_without_a_mapping(
    start: Start, model: Path
) -> None:
    pid = start(WAITING, "--model", str(model))
    os.utime(model)
    assert stale(pid, time.time() - 3) == [str(model)]


def test_an_old_file_that_was_moved_to_the_path_is_stale(start: Start, model: Path) -> None:
    pid = start(WAITING, "--lora", f"/no/such.gguf,{model}")
    before = time.time() - 3
    fresh = model.with_name("fresh.gguf")
    fresh.write_bytes(b"GGUF")
    os.utime(fresh, (LONG_AGO, LONG_AGO))
    fresh.replace(model)
    assert stale(pid, before) == [str(model)]


def test_another_owner_mode_or_link_of_the_same_file_is_no_change(
    start: Start, model: Path, tmp_path: Path
) -> None:
    pid = start(WAITING, "--model", str(model))
    before = time.time() - 3
    os.utime(model.parent, (LONG_AGO, LONG_AGO))
    model.chmod(0o640)
    (tmp_path / "backup.gguf").hardlink_to(model)
    assert stale(pid, before) == []


def test_a_link_that_leads_elsewhere_now_is_stale(
    start: Start, model: Path, tmp_path: Path
) -> None:
    link = tmp_path / "current.gguf"
    other = tmp_path / "models" / "other.gguf"
    other.write_bytes(b"GGUF")
    os.utime(other, (LONG_AGO, LONG_AGO))
    link.symlink_to(model)
    pid = start(WAITING, "--model", str(link))
    before = time.time() - 3
    link.unlink()
    link.symlink_to(other)
    assert stale(pid, before) == [str(link)]


def test_a_time_in_the_future_says_nothing(start: Start, model: Path) -> None:
    """Else what a wrong clock has written would be restarted by every rollout."""
    pid = start(WAITING, "--model", str(model))
    before = time.time() - 3
    os.utime(model.parent, (LONG_AGO, LONG_AGO))
    os.utime(model, (time.time() + 1000, time.time() + 1000))
    assert stale(pid, before) == []


def test_every_file_of_a_split_model_counts(start: Start, tmp_path: Path) -> None:
    files = [tmp_path / f"big-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    for file in files:
        file.write_bytes(b"GGUF")
        os.utime(file, (LONG_AGO, LONG_AGO))
    pid = start(WAITING, "--model", str(files[0]))
    for file in files:
        os.utime(file.parent, (LONG_AGO, LONG_AGO))
    os.utime(files[2])
    assert stale(pid, time.time() - 3) == [str(files[2])]


def test_what_is_no_gguf_does_not_count_and_a_gguf_needs_no_ending(
    start: Start, tmp_path: Path
) -> None:
    config, blob = tmp_path / "config.yaml", tmp_path / "sha256-5be2, a blob"
    config.write_text("models: {}\n")
    blob.write_bytes(b"GGUF\x03\0\0\0")
    pid = start(WAITING, "-config", str(config), "--model", str(blob), "--lora-scaled", "/x:0.5")
    assert stale(pid, time.time() - 3) == [str(blob)]


def test_an_adapter_with_a_strength_is_seen(start: Start, model: Path) -> None:
    pid = start(WAITING, "--lora-scaled", f"{model}:0.5")
    os.utime(model)
    assert stale(pid, time.time() - 3) == [str(model)]


def test_when_a_process_was_started_is_known_to_a_second(start: Start) -> None:
    before = time.time()
    pid = start(WAITING)
    time.sleep(1.3)
    script = (FILES / "functions.sh").read_text() + f"started_at {pid}\n"
    done = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=True)
    assert abs(int(done.stdout) - before) <= 1.5


def test_a_unit_with_stale_weights_is_seen_to_and_the_reason_names_the_file() -> None:
    unit = "llama-swap-voice.service"
    output = [
        "probe\t1",
        f"unit\t{unit}\tactive\tenabled\tno\tcurrent",
        f"stale\t{unit}\t/models/a.gguf",
    ]
    observed = Services().process(output)
    assert observed is not None
    changes = compare((), (Unit(unit, SWAP),), observed)
    assert next(iter(changes.lines())) == (
        f"will restart {unit}: it loaded /models/a.gguf before the file was replaced"
    )
