"""A real nginx in front of processes that refuse, crash, load and stream.

What must hold: no prompt is submitted twice, and one that nobody took finds a process that will.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.targets.compiling import content_of, errors_of, server
from tests.targets.proxying import (
    Make,
    answer_of,
    ask,
    ask_all,
    crash,
    cut,
    free_port,
    loading,
    nginx,
    ok,
)


def test_a_process_that_is_down_costs_no_request(upstreams: Make, tmp_path: Path) -> None:
    [good] = upstreams(ok)
    with nginx([free_port(), good.port], tmp_path) as port:
        assert ask_all(port) == [200] * 8
    assert sorted(good.prompts) == [f"prompt {number}" for number in range(8)]


def test_a_prompt_that_was_taken_is_never_submitted_twice(upstreams: Make, tmp_path: Path) -> None:
    bad, good = upstreams(crash, ok)
    with nginx([bad.port, good.port], tmp_path) as port:
        statuses = ask_all(port)
    taken = bad.prompts + good.prompts
    assert bad.prompts, "the crashing process was never asked"
    assert sorted(taken) == [f"prompt {number}" for number in range(8)]
    assert statuses.count(502) == len(bad.prompts)


def test_what_a_loading_process_refuses_goes_to_another(upstreams: Make, tmp_path: Path) -> None:
    busy, good = upstreams(loading, ok)
    with nginx([busy.port, good.port], tmp_path) as port:
        assert ask_all(port) == [200] * 8
    assert busy.prompts, "the loading process was never asked"
    assert sorted(good.prompts) == [f"prompt {number}" for number in range(8)]


def test_a_loading_process_looks_idle_and_still_draws_nobody(
    upstreams: Make, tmp_path: Path
) -> None:
    def held(handler: BaseHTTPRequestHandler) -> None:
        """Answer once all requests are here: until then the loading process looks idle to each."""
        deadline = time.monotonic() + 3
        while len(good.prompts) < 8 and time.monotonic() < deadline:
            time.sleep(0.01)
        ok(handler)

    busy, good = upstreams(loading, held)
    with nginx([busy.port, good.port], tmp_path) as port, ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: ask(port, f"prompt {number}"), range(8)))
    assert statuses == [200] * 8
    assert sorted(good.prompts) == [f"prompt {number}" for number in range(8)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_when_none_is_ready_the_client_is_told_to_ask_again(
    count: int, upstreams: Make, tmp_path: Path
) -> None:
    busy = upstreams(*[loading] * (count - 1))
    with nginx([free_port(), *(each.port for each in busy)], tmp_path) as port:
        for _ in range(3):
            reply = answer_of(port, "prompt")
            assert reply.status == 503
            assert reply.headers["Retry-After"] == "1"
            assert reply.headers["Content-Type"] == "application/json"
            assert json.loads(reply.text)["error"]["code"] == "not_ready"


def test_a_process_that_is_busy_is_waited_for(upstreams: Make, tmp_path: Path) -> None:
    busy, good = upstreams(loading, ok)
    good.slow = 2  # seconds until it says how it is
    with nginx([busy.port, good.port], tmp_path) as port:
        assert ask_all(port, 4) == [200] * 4
    assert busy.prompts, "the loading process was never asked"
    assert good.asked, "nothing was searched for"


LARGE = "x" * 5_000_000


def test_a_large_prompt_that_a_loading_process_did_not_read_goes_to_another(
    upstreams: Make, tmp_path: Path
) -> None:
    busy, good = upstreams(cut, ok)
    with nginx([busy.port, good.port], tmp_path) as port:
        assert [answer_of(port, LARGE).status for _ in range(6)] == [200] * 6
    assert busy.asked, "the loading process was never asked"
    assert good.prompts == [LARGE] * 6


@pytest.mark.parametrize("count", [1, 2])
def test_one_that_nobody_read_may_be_asked_again(
    count: int, upstreams: Make, tmp_path: Path
) -> None:
    busy = upstreams(*[cut] * count)
    with nginx([each.port for each in busy], tmp_path) as port:
        for _ in range(3):
            reply = answer_of(port, LARGE)
            assert (reply.status, reply.headers.get("Retry-After")) == (503, "1")


def test_a_process_that_ends_or_is_silent_is_said_to_have_had_the_request(
    upstreams: Make, tmp_path: Path
) -> None:
    def silent(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(8)

    [ended] = upstreams(crash)
    with nginx([ended.port], tmp_path) as port:
        reply = answer_of(port, "prompt")
    assert (reply.status, json.loads(reply.text)["error"]["code"]) == (502, "bad_gateway")
    assert "Retry-After" not in reply.headers
    slow, other = upstreams(silent, silent)
    with nginx([slow.port, other.port], tmp_path) as port:
        reply = answer_of(port, "prompt")
    assert (reply.status, json.loads(reply.text)["error"]["code"]) == (504, "gateway_timeout")
    assert len(slow.prompts) + len(other.prompts) == 1


def test_switched_off_nothing_is_tried_elsewhere(upstreams: Make, tmp_path: Path) -> None:
    busy, good = upstreams(loading, ok)
    with nginx([busy.port, good.port], tmp_path, next_upstream=False) as port:
        statuses = ask_all(port)
    assert statuses.count(503) == len(busy.prompts) > 0
    assert len(busy.prompts) + len(good.prompts) == 8


def test_tokens_arrive_while_the_answer_is_still_being_written(
    upstreams: Make, tmp_path: Path
) -> None:
    seen = threading.Event()

    def stream(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nfirst\r\n")
        handler.wfile.flush()
        assert seen.wait(timeout=10), "the first token was held back"
        handler.wfile.write(b"4\r\nlast\r\n0\r\n\r\n")

    [slow] = upstreams(stream)
    with nginx([slow.port], tmp_path) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", "/v1/chat/completions", "prompt")
        reply = connection.getresponse()
        assert reply.read(5) == b"first"
        seen.set()
        assert reply.read() == b"last"
        connection.close()


def test_connections_are_kept_and_headers_say_who_asks(upstreams: Make, tmp_path: Path) -> None:
    [good] = upstreams(ok)
    with nginx([good.port], tmp_path) as port:
        ask(port, "prompt")
    [headers] = good.headers
    assert "Connection" not in headers
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["Host"] == "127.0.0.1"


SITE = """
nginx n {{
    host = bare
    listen = "127.0.0.1:99"
    upstream = w
    {}
}}
"""


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("balance = round_robin", "zone llamafleet-n 64k;\n    server"),
        ("balance = ip_hash", "    ip_hash;"),
        ('server-name = "llm.example.org"', "server_name llm.example.org;"),
        ("client-max-body-size = 1GiB", "client_max_body_size 1024m;"),
        ("client-max-body-size = 100KB", "client_max_body_size 100000;"),
        ("proxy-read-timeout = 90s", "proxy_read_timeout 90s;"),
        ("proxy-buffering = on", "proxy_buffering on;"),
        ("proxy-next-upstream = off", "proxy_next_upstream off;"),
        ("keepalive = 4", "keepalive 4;"),
    ],
)
def test_a_key_becomes_its_directive(line: str, text: str) -> None:
    workers = server('replicas = 2\n listen = "0.0.0.0:9000"')
    assert text in content_of(workers + SITE.format(line), ".conf", "bare")


@pytest.mark.parametrize(
    "name", ["a b", "a;b", "$host", "a{", '\\"', "~^x", "a\\nb", "", "-a", "a-"]
)
def test_a_server_name_can_only_be_a_name(name: str) -> None:
    found = errors_of(server() + SITE.format(f'server-name = "{name}"'))
    assert [each.split(":")[0] for each in found] == ["wrong-type"]


def test_the_upstream_must_exist() -> None:
    [error] = errors_of(server() + SITE.format("").replace("upstream = w", "upstream = worker"))
    assert error.startswith("unknown-name: ")


def test_variables_of_two_sites_never_meet() -> None:
    names = ("a", "A", "a-b", "a_b", "a.b", "a_2d_b", "a--b", "a_2e_b", "a-B")
    workers = server('listen = "0.0.0.0:9000"')
    sites = [
        content_of(workers + SITE.format("").replace("nginx n", f"nginx {each}"), ".conf", "bare")
        for each in names
    ]
    found = [set(re.findall(r"\$(llamafleet_(?!last)\w+)", each)) for each in sites]
    assert all(found)
    assert len(set().union(*found)) == sum(map(len, found))
