"""Weights arrive in pieces: after kills, from a Hub that misbehaves, and from hosts that lie."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from llamafleet_roles.gguf_files.download import transfer_files
from llamafleet_roles.gguf_files.transfer.part import PIECE, Part
from llamafleet_roles.gguf_files.transfer.store import hashes_of, pieces_text
from tests.lab.hub import Hub, StoredFile, running_hub

SIZE = 6 * PIECE + 12_345
CONTENT = b"GGUF" + random.Random(1).randbytes(SIZE - 4)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Machine:
    """A folder that stands for a host, and the job that fetches one file to it."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.work, self.models = folder / "work", folder / "models"
        self.store, self.path = self.models / ".store", self.models / "o" / "r" / "a.gguf"
        for name, text in transfer_files().items():
            (self.work / name).parent.mkdir(parents=True, exist_ok=True)
            (self.work / name).write_text(text)
        self.job = {
            "label": "weights a", "repo": "o/r", "file": "a.gguf", "revision": "main",
            "sha256": SHA256, "size": SIZE, "path": str(self.path), "store": str(self.store),
            "record": str(folder / "memory" / "0123456789abcdef"), "before": str(self.path),
            "endpoint": endpoint,
        }  # fmt: skip

    def start(self, token: str | None = None, **changed: object) -> subprocess.Popen[str]:
        (self.work / "job.json").write_text(json.dumps(self.job | changed))
        environment = {key: text for key, text in os.environ.items() if key != "HF_TOKEN"}
        return subprocess.Popen(
            [sys.executable, "-m", "transfer", str(self.work)],
            cwd=self.work,
            env=environment | ({"HF_TOKEN": token} if token else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, token: str | None = None, **changed: object) -> str:
        """Return what is printed by a run that must succeed."""
        status, printed = self.end(self.start(token, **changed))
        assert status == 0, printed
        assert self.path.read_bytes() == CONTENT
        assert self.path.samefile(self.store / SHA256)
        return printed

    def end(self, started: subprocess.Popen[str]) -> tuple[int, str]:
        printed, _ = started.communicate(timeout=120)
        assert "Traceback" not in printed
        return started.returncode, printed

    @property
    def received(self) -> int:
        """The pieces that are noted."""
        state = self.store / f"{SHA256}.part.state"
        return max(0, len(state.read_text().splitlines()) - 1) if state.exists() else 0


@pytest.fixture
def hub() -> Hub:
    made = Hub()
    made.add("o/r", {"a.gguf": CONTENT})
    return made


@pytest.fixture
def machine(tmp_path: Path, hub: Hub) -> Iterator[Machine]:
    with running_hub(hub) as endpoint:
        yield Machine(tmp_path, endpoint)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_killed_twice_it_goes_on_where_it_was(machine: Machine, hub: Hub) -> None:
    hub.pause = 0.02
    for pieces in (1, 3):
        started = machine.start()
        until(lambda wanted=pieces: machine.received >= wanted)  # type: ignore[misc]
        started.send_signal(signal.SIGKILL)
        started.wait()
        assert not machine.path.exists()
    kept = machine.received
    assert kept >= 3
    hub.pause, hub.sent = 0, 0
    machine.run()
    # What was noted is not asked for again; four requests at a time, each begun anew.
    assert hub.sent <= SIZE - kept * PIECE + 4
    assert {each.name for each in machine.store.iterdir()} == {SHA256, f"{SHA256}.pieces"}


def test_a_broken_connection_is_taken_up_again(machine: Machine, hub: Hub) -> None:
    hub.break_after = PIECE // 2
    assert "trying again" in machine.run()


def test_an_expired_link_is_asked_for_anew(machine: Machine, hub: Hub) -> None:
    hub.expire_next = 2
    assert "the link to the content has expired" in machine.run()


def test_a_server_that_ignores_ranges_is_read_from_the_start(machine: Machine, hub: Hub) -> None:
    hub.ignore_ranges = True
    machine.run()


def test_a_busy_hub_is_left_alone_as_long_as_it_asks(machine: Machine, hub: Hub) -> None:
    hub.busy = [2]
    began = time.monotonic()
    assert "is busy, and wants 2 s" in machine.run()
    assert time.monotonic() - began >= 2


def test_a_hub_that_wants_an_hour_is_not_waited_for(machine: Machine, hub: Hub) -> None:
    hub.busy = [3600] * 20
    status, printed = machine.end(machine.start())
    assert status == 1
    assert "wants no request for 3600 s: run this again then" in printed


def test_other_bytes_than_locked_are_found_before_they_are_downloaded(
    machine: Machine, hub: Hub
) -> None:
    hub.add("o/r", {"a.gguf": CONTENT[:-1] + b"x"})
    hub.sent = 0
    status, printed = machine.end(machine.start())
    assert status == 1
    assert f"but the fleet file says {SHA256}" in printed
    assert hub.sent == 0


def test_bytes_that_arrive_wrong_are_never_put_in_place(machine: Machine, hub: Hub) -> None:
    hub.add("o/r", {"a.gguf": StoredFile(CONTENT, served=CONTENT[:-1] + b"x")})
    status, printed = machine.end(machine.start())
    assert status == 1
    assert f"expected {SHA256}" in printed
    assert not machine.path.exists()
    assert list(machine.store.iterdir()) == []


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (None, "o/r is gated and it needs a token"),
        ("hf_other", "repository o/r does not exist or is private"),
    ],
)
def test_a_gated_repository_says_what_to_do(
    machine: Machine, hub: Hub, token: str | None, message: str
) -> None:
    hub.add("o/r", {"a.gguf": CONTENT}, token="hf_right")
    status, printed = machine.end(machine.start(token))
    assert (status, message in printed) == (1, True), printed
    machine.run("hf_right")
    content = [each for each in hub.requests if each.path.startswith("/blobs/")]
    assert content
    assert not any(each.authorization for each in content)


def test_two_downloads_of_one_file_are_one(machine: Machine, hub: Hub, tmp_path: Path) -> None:
    hub.pause = 0.005
    other = machine.models / "p" / "b.gguf"
    first = machine.start()
    until(lambda: machine.received >= 1)
    second = machine.start(path=str(other), record=str(tmp_path / "memory" / ("f" * 16)))
    for started in (first, second):
        status, printed = machine.end(started)
        assert status == 0, printed
    assert machine.path.samefile(other)
    assert hub.sent <= SIZE + 4


def test_a_part_of_other_content_is_not_gone_on_with(tmp_path: Path) -> None:
    with Part(tmp_path / "x.part", 3 * PIECE, "one") as part:
        part.keep(1, bytes(PIECE))
        assert list(part.missing()) == [0, 2]
    state = tmp_path / "x.part.state"
    with Part(tmp_path / "x.part", 3 * PIECE, "one") as part:
        assert list(part.missing()) == [0, 2]
    state.write_text(state.read_text() + "2")  # half a line, as a power failure leaves it
    with Part(tmp_path / "x.part", 3 * PIECE, "one") as part:
        assert list(part.missing()) == [0, 2]
    with Part(tmp_path / "x.part", 3 * PIECE, "two") as part:
        assert list(part.missing()) == [0, 1, 2]


class Quiet(SimpleHTTPRequestHandler):
    """Serves a store to the end of files: Python's own server knows no ranges, which is allowed."""

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def neighbour(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Another host's store that has the file, and its URL there."""
    store = tmp_path / "neighbour"
    store.mkdir()
    (store / SHA256).write_bytes(CONTENT)
    _, pieces = hashes_of(store / SHA256)
    (store / f"{SHA256}.pieces").write_text(pieces_text(SIZE, 1, pieces))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(store)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield store, f"http://127.0.0.1:{server.server_port}/{SHA256}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_neighbour_spares_the_hub(
    machine: Machine, hub: Hub, neighbour: tuple[Path, str]
) -> None:
    machine.run(neighbours=[neighbour[1]])
    assert hub.requests == []


def test_a_bad_neighbour_costs_a_piece(
    machine: Machine, hub: Hub, neighbour: tuple[Path, str]
) -> None:
    store, url = neighbour
    spoiled = bytearray(CONTENT)
    spoiled[2 * PIECE + 7] ^= 1
    (store / SHA256).write_bytes(spoiled)
    assert "sent a wrong piece, 2 of 7" in machine.run(neighbours=[url])
    assert hub.sent <= PIECE + 4


def test_a_neighbour_that_lies_about_its_pieces_costs_the_file(
    machine: Machine, hub: Hub, neighbour: tuple[Path, str]
) -> None:
    store, url = neighbour
    (store / SHA256).write_bytes(CONTENT[:-1] + b"x")
    _, pieces = hashes_of(store / SHA256)
    (store / f"{SHA256}.pieces").write_text(pieces_text(SIZE, 1, pieces))
    assert "starting anew from the Hub" in machine.run(neighbours=[url])
    assert hub.sent >= SIZE


@pytest.mark.parametrize("fault", ["gone", "no pieces", "nonsense", "another size", "deaf"])
def test_a_neighbour_that_is_of_no_use_is_passed_over(
    machine: Machine, hub: Hub, neighbour: tuple[Path, str], fault: str
) -> None:
    store, url = neighbour
    pieces = store / f"{SHA256}.pieces"
    match fault:
        case "gone":
            (store / SHA256).unlink()
        case "no pieces":
            pieces.unlink()
        case "nonsense":
            pieces.write_bytes(b"\xff\x00" * 500)
        case "another size":
            pieces.write_text(pieces_text(SIZE + 1, 1, ("0" * 64,) * 7))
        case "deaf":
            url = f"http://127.0.0.1:9/{SHA256}"
    machine.run(neighbours=[url])
    assert hub.sent >= SIZE


def test_a_full_disk_keeps_what_has_arrived(hub: Hub, tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("needs root to mount a small file system")
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={3 * PIECE}", "small", small], check=True)
    try:
        with running_hub(hub) as endpoint:
            machine = Machine(small, endpoint)
            status, printed = machine.end(machine.start())
            assert (status, "too little free" in printed) == (1, True), printed
            with Part(machine.store / "x.part", SIZE, "x") as part:
                part.keep(0, bytes(PIECE))
                part.keep(1, bytes(PIECE))
                with pytest.raises(OSError, match="No space left"):
                    part.keep(2, bytes(PIECE))
                assert next(part.missing()) == 2
    finally:
        subprocess.run(["umount", small], check=True)
