"""nginx in front of the real llama-server: replicas start under a stream of requests.

Four replicas on two hosts are stopped, and started one after the other while requests go on.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest

from llamafleet.targets.proxy.inference import LLAMA_SERVER
from tests.e2e.rollout import Site
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

REPLICAS = [(host, f"llama-server-worker-{n}") for host in ("alpha", "beta") for n in (0, 1)]
PORTS = (37081, 37082)
A_SECOND = 5
SECONDS = 30
LATE = 1.0
PROMPT = {"model": "assistant", "prompt": "one", "max_tokens": 1}
LARGE = {**PROMPT, "padding": "x" * 3_000_000}


@dataclass(frozen=True)
class TimedReply:
    """A request of the stream: its time of sending, duration and response."""

    sent: float
    seconds: float
    reply: httpx.Response


def front(lab: Lab) -> str:
    return f"http://{lab.host('alpha').address}:37000"


def is_ready(lab: Lab, host: str, port: int) -> bool:
    try:
        url = f"http://{lab.host(host).address}:{port}/health"
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def until_all_are_ready(lab: Lab) -> None:
    for _ in range(300):
        if all(is_ready(lab, host, port) for host in ("alpha", "beta") for port in PORTS):
            return
        time.sleep(0.2)
    raise AssertionError("not every replica became ready")


@pytest.fixture
def stopped(pair: Lab, rolled_out: Site) -> Lab:
    """The hosts with no replica running."""
    for host, unit in REPLICAS:
        pair.host(host).run(f"systemctl stop {unit}", sudo=True)
    return pair


def ask(url: str, body: dict[str, object]) -> httpx.Response:
    return httpx.post(f"{url}/v1/completions", json=body, timeout=60)


def start_in_turn(lab: Lab) -> float:
    """Start one replica every few seconds; return when the first was ready."""
    first = 0.0
    for number, (host, unit) in enumerate(REPLICAS):
        lab.host(host).run(f"systemctl start --no-block {unit}", sudo=True)
        port = PORTS[number % 2]
        while not first and not is_ready(lab, host, port):
            time.sleep(0.05)
        first = first or time.monotonic()
        time.sleep(3)
    return first


def stream(url: str, begin: float) -> list[TimedReply]:
    def one(number: int) -> TimedReply:
        time.sleep(max(0.0, begin + number / A_SECOND - time.monotonic()))
        sent = time.monotonic()
        reply = ask(url, LARGE if number % 10 == 0 else PROMPT)
        return TimedReply(sent, time.monotonic() - sent, reply)

    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(one, range(SECONDS * A_SECOND)))


def test_starting_replicas_lose_no_request(stopped: Lab) -> None:
    url = front(stopped)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(stream, url, time.monotonic())
        time.sleep(2)
        first = start_in_turn(stopped)
        asked = asking.result()
    until_all_are_ready(stopped)
    statuses = Counter(each.reply.status_code for each in asked)
    assert set(statuses) == {200, 503}, statuses
    early = [each for each in asked if each.reply.status_code == 503]
    assert all(each.reply.headers["Retry-After"] == "1" for each in early)
    assert all(each.reply.json()["error"]["code"] == "not_ready" for each in early)
    assert all(each.sent < first for each in early), "lost although one was ready"
    later = sorted(each.seconds for each in asked if each.sent > first)
    # The machine of the tests is slow and shared: what nginx adds is told apart by the median.
    assert later[len(later) // 2] < LATE, later
    ask(url, PROMPT).raise_for_status()


def test_each_path_that_passes_is_one_of_llama_server(pair: Lab, rolled_out: Site) -> None:
    until_all_are_ready(pair)
    own, url = f"http://{pair.host('beta').address}:37081", front(pair)
    for path in LLAMA_SERVER.get:
        assert httpx.get(f"{own}{path}", timeout=30).status_code == 200, path
        assert httpx.get(f"{url}{path}", timeout=30).status_code == 200, path
    for path in LLAMA_SERVER.post:
        reply = httpx.post(f"{own}{path}", json={}, timeout=30)
        assert "File Not Found" not in reply.text, path
        assert "unknown_url" not in httpx.post(f"{url}{path}", json={}, timeout=30).text, path
    for path in ("/slots", "/props", "/metrics", "/lora-adapters", "/tools", "/cors-proxy"):
        assert httpx.get(f"{own}{path}", timeout=30).status_code != 404, path
        assert httpx.get(f"{url}{path}", timeout=30).json()["error"]["code"] == "unknown_url", path
