"""A real nginx in front of processes that refuse, crash, load and stream.

What must hold: no prompt is submitted twice, and one that nobody took finds a process that will.
"""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from llamafleet.fleet.model import Endpoint, ListenAddress
from llamafleet.targets.proxy.directives import directives
from llamafleet.targets.proxy.site import Site
from llamafleet.writers.nginx_conf import to_nginx
from tests.targets.compiling import content_of, errors_of, server

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Upstream:
    """A stand-in for llama-server that remembers every prompt it was given."""

    reply: Reply
    prompts: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    port: int = 0


def ok(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, 200, b"ok")


def loading(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, 503, b"loading")


def crash(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def serving(upstream: Upstream) -> Iterator[Upstream]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream.prompts.append(body.decode())
            upstream.headers.append(dict(self.headers))
            upstream.reply(self)

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    upstream.port = httpd.server_address[1]
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        yield upstream
    finally:
        httpd.shutdown()
        httpd.server_close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def nginx(ports: list[int], folder: Path, *, next_upstream: bool = True) -> Iterator[int]:
    """nginx with our site in front of these ports; yields its own port."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        pytest.skip("nginx is not installed: how requests are passed on was NOT checked")
    port = free_port()
    listen = ListenAddress("127.0.0.1", port)
    site = Site("t", "h", listen, "_", "least_conn", 8, 1 << 20, 2, 5, 5, False, next_upstream)
    behind = tuple(Endpoint("w", "h", "h", ListenAddress("127.0.0.1", each), "p") for each in ports)
    temporary = "".join(
        f"    {kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "site.conf").write_text(to_nginx(directives(site, behind)))
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\n    access_log off;\n{temporary}    include site.conf;\n}}\n"
    )
    process = subprocess.Popen(
        [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", f"{folder}/error.log"]
    )
    try:
        wait_for(port, process, folder)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(100):
        assert process.poll() is None, (folder / "error.log").read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")


def ask(port: int, prompt: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/v1/chat/completions", prompt)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status


def ask_all(port: int, count: int = 8) -> list[int]:
    return [ask(port, f"prompt {number}") for number in range(count)]


@pytest.fixture
def upstreams() -> Iterator[Callable[..., list[Upstream]]]:
    with ExitStack() as stack:
        yield lambda *replies: [stack.enter_context(serving(Upstream(each))) for each in replies]


Make = Callable[..., list[Upstream]]


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
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.5)
        ok(handler)

    busy, good = upstreams(loading, slow)
    with nginx([busy.port, good.port], tmp_path) as port, ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: ask(port, f"prompt {number}"), range(8)))
    assert statuses == [200] * 8
    assert sorted(good.prompts) == [f"prompt {number}" for number in range(8)]


def test_when_all_load_the_client_is_told(upstreams: Make, tmp_path: Path) -> None:
    first, second = upstreams(loading, loading)
    with nginx([first.port, second.port], tmp_path) as port:
        assert ask(port, "prompt") in (502, 503)


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
