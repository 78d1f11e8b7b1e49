"""Many hosts end at once, other programs write too: nothing is lost, nothing else is touched."""

from __future__ import annotations

import json
import multiprocessing
import stat
import threading
from pathlib import Path

import pytest

from llamafleet.lock.model import Lock
from llamafleet.lock.text import write_lock
from llamafleet_roles.lock_file import LockFileError, update_lock

WORKERS, EACH = 4, 12


def write_some(fleet: str, host: str) -> None:
    for number in range(EACH):
        update_lock(fleet, {("measured", host, "voice", f"m{number:02}"): {"number": number}})


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_nothing_is_lost(tmp_path: Path, kind: str) -> None:
    fleet = str(tmp_path / "fleet.fleet")
    make = threading.Thread if kind == "threads" else multiprocessing.Process
    workers = [make(target=write_some, args=(fleet, f"h{each}")) for each in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    tree = json.loads((tmp_path / "fleet.lock").read_text())
    assert tree["fleet"] == "fleet.fleet"
    assert {host: len(of["voice"]) for host, of in tree["measured"].items()} == {
        f"h{each}": EACH for each in range(WORKERS)
    }
    assert [each.name for each in tmp_path.iterdir()] == ["fleet.lock"]


def test_the_rest_stays_and_so_do_permissions(tmp_path: Path) -> None:
    path = tmp_path / "fleet.lock"
    text = write_lock(Lock("fleet.fleet")).replace('"builds": {}', '"builds":  {},\n "later": 7')
    path.write_text(text)
    path.chmod(0o640)
    update_lock(str(tmp_path / "fleet.fleet"), {("measured", "box"): {}})
    after = path.read_text()
    assert after == text.replace(
        '"releases": {}\n', '"releases": {},\n "measured": {\n  "box": {}\n }\n'
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    before = path.stat().st_mtime_ns
    update_lock(str(tmp_path / "fleet.fleet"), {("measured", "box"): {}})
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("text", ["", "<<<<<<< ours\n", '{"lock": 99}', "[]", "\x00"])
def test_what_is_no_lock_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "fleet.lock"
    path.write_text(text)
    with pytest.raises(LockFileError, match="cannot be used"):
        update_lock(str(tmp_path / "fleet.fleet"), {("measured", "box"): {}})
    assert path.read_text() == text
