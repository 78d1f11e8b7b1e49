"""Three replicas start one after the other under a steady stream of requests through a real nginx.

The replicas are stand-ins that do as llama-server does: their port refuses, then everything is
answered 503, then prompts are answered. What must hold: from the moment in which one is ready no
request is lost, and none is late by more than a second; before it, each is told at once to ask
again. `tests/e2e` does the same with the real llama-server.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.targets.proxying import LOADING, Answer, answer, answer_of, held_port, nginx

A_SECOND = 25  # requests
WORK = 0.05  # seconds that a prompt takes
LATE = 1.0


@dataclass
class Replica:
    """A llama-server by its clock: seconds from the start at which it listens, is ready, ends."""

    port: int
    listens: float
    ready: float
    ends: float = 1e9
    prompts: list[tuple[float, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """A request of the stream: when it was sent and answered, and how."""

    prompt: str
    sent: float
    seconds: float
    answer: Answer


class Handler(BaseHTTPRequestHandler):
    """What a replica answers; each replica has a class of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    replica: Replica
    begin: float

    def now(self) -> float:
        return time.monotonic() - self.begin

    def end_headers(self) -> None:
        # One that is about to end answers what is on its way, and keeps no connection.
        if self.now() > self.replica.ends:
            self.send_header("Connection", "close")
        super().end_headers()

    def do_GET(self) -> None:
        is_ready = self.now() >= self.replica.ready
        answer(self, 200 if is_ready else 503, b"{}" if is_ready else LOADING)

    def do_POST(self) -> None:
        now = self.now()
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if now < self.replica.ready:
            answer(self, 503, LOADING)
            return
        self.replica.prompts.append((now, body))
        time.sleep(WORK)
        answer(self, 200, b"ok")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def living(replica: Replica, begin: float) -> Iterator[None]:
    """The replica at its port, which refuses until it listens and after it has ended."""
    own = type("Own", (Handler,), {"replica": replica, "begin": begin})
    over = threading.Event()

    def live() -> None:
        if over.wait(max(0.0, begin + replica.listens - time.monotonic())):
            return
        httpd = ThreadingHTTPServer(("127.0.0.1", replica.port), own)
        threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True).start()
        over.wait(max(0.0, begin + replica.ends - time.monotonic()))
        httpd.shutdown()
        httpd.socket.close()
        httpd.server_close()  # waits for prompts that it has taken

    thread = threading.Thread(target=live)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=20)


def stream(port: int, begin: float, seconds: float) -> list[Asked]:
    """Requests at a steady rate, whatever the answers are."""

    def one(number: int) -> Asked:
        due = begin + number / A_SECOND
        time.sleep(max(0.0, due - time.monotonic()))
        sent = time.monotonic()
        found = answer_of(port, f"prompt {number}")
        return Asked(f"prompt {number}", sent - begin, time.monotonic() - sent, found)

    with ThreadPoolExecutor(40) as pool:
        return list(pool.map(one, range(int(seconds * A_SECOND))))


def run(replicas: list[Replica], seconds: float, folder: Path) -> list[Asked]:
    """The replicas behind nginx under a stream that lasts so long."""
    ports = list(dict.fromkeys(each.port for each in replicas))
    with nginx(ports, folder) as port, ExitStack() as stack:
        begin = time.monotonic() + 0.5
        for each in replicas:
            stack.enter_context(living(each, begin))
        return stream(port, begin, seconds)


def taken(replicas: list[Replica]) -> list[str]:
    return sorted(prompt for each in replicas for _, prompt in each.prompts)


@pytest.fixture
def ports() -> Iterator[list[int]]:
    with ExitStack() as stack:
        yield [stack.enter_context(held_port()) for _ in range(3)]


def test_no_request_is_lost_or_late_while_replicas_start(ports: list[int], tmp_path: Path) -> None:
    one, two, three = ports
    replicas = [Replica(one, 1.0, 2.5), Replica(two, 1.5, 4.0), Replica(three, 2.0, 6.0)]
    asked = run(replicas, 8, tmp_path)
    early = [each for each in asked if each.sent + each.seconds < 2.5]
    assert {each.answer.status for each in early} == {503}
    assert {each.answer.headers.get("Retry-After") for each in early} == {"1"}
    later = [each for each in asked if each.sent > 2.5]
    assert {each.answer.status for each in later} == {200}
    assert {each.answer.status for each in asked} == {200, 503}
    assert max(each.seconds for each in asked) < LATE + WORK
    assert taken(replicas) == sorted(x.prompt for x in asked if x.answer.status == 200)
    for each in replicas:
        assert min(when for when, _ in each.prompts) < each.ready + LATE, "left out when ready"


def test_no_request_is_lost_or_late_while_they_are_restarted_in_turn(
    ports: list[int], tmp_path: Path
) -> None:
    """Each replica is two processes at one port; one that ends answers what it was sent."""
    one, two, three = ports
    replicas = [
        Replica(one, -1, -1, ends=1.02),
        Replica(two, -1, -1, ends=3.02),
        Replica(three, -1, -1, ends=5.02),
        Replica(one, 1.4, 2.5),
        Replica(two, 3.4, 4.5),
        Replica(three, 5.4, 6.5),
    ]
    asked = run(replicas, 8, tmp_path)
    assert {each.answer.status for each in asked} == {200}
    assert max(each.seconds for each in asked) < LATE + WORK
    assert taken(replicas) == sorted(each.prompt for each in asked)
    for again in replicas[3:]:
        assert min(when for when, _ in again.prompts) < again.ready + LATE, "left out when ready"
