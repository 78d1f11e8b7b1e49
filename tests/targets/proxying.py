"""A real nginx with a site of ours, in front of stand-ins for llama-server."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from llamafleet.fleet.model import Endpoint, ListenAddress
from llamafleet.targets.proxy.directives import directives
from llamafleet.targets.proxy.site import Site
from llamafleet.targets.writers.nginx_conf import to_nginx

Reply = Callable[[BaseHTTPRequestHandler], None]
LOADING = b'{"error":{"message":"Loading model","type":"unavailable_error","code":503}}'


@dataclass
class Upstream:
    """A stand-in for llama-server that remembers every prompt it was given."""

    reply: Reply
    prompts: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    slow: float = 0


Make = Callable[..., list[Upstream]]


def ok(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, 200, b"ok")


def loading(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, 503, LOADING)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Refuses as llama-server does, which does not read a request while it loads its model."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


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

        def do_GET(self) -> None:
            upstream.asked.append(self.path)
            time.sleep(upstream.slow)
            is_loading = upstream.reply in (loading, cut)
            answer(self, 503 if is_loading else 200, LOADING if is_loading else b"{}")

        def do_POST(self) -> None:
            if upstream.reply is cut:
                cut(self)
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream.prompts.append(body.decode())
            upstream.headers.append(dict(self.headers))
            upstream.reply(self)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        # With the default of 5 a busy machine drops connections, which nginx gives up after 1 s.
        request_queue_size = 128

    httpd = Server(("127.0.0.1", 0), Handler)
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
def held_port() -> Iterator[int]:
    """A port that refuses, and that nobody else gets meanwhile; who reuses addresses can listen."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


@contextmanager
def nginx(
    ports: list[int],
    folder: Path,
    *,
    next_upstream: bool = True,
    expose: tuple[str, ...] = (),
    api: str = "llama-server",
    prefix: str = "",
) -> Iterator[int]:
    """nginx with our site in front of these ports; yields its own port."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        pytest.skip("nginx is not installed: how requests are passed on was NOT checked")
    port = free_port()
    listen = ListenAddress("127.0.0.1", port)
    site = Site(
        name="t",
        host="h",
        listen=listen,
        server_name="_",
        balance="least_conn",
        keepalive=8,
        settings=(
            ("client_max_body_size", ("64m",)),
            ("proxy_send_timeout", ("5s",)),
            ("proxy_buffering", ("off",)),
        ),
        connect_timeout=None,
        read_timeout=5,
        next_upstream=next_upstream,
        expose=expose,
    )
    behind = tuple(
        Endpoint(
            "w",
            "h",
            "h",
            ListenAddress("127.0.0.1", each),
            "p",
            api=api,
            prefix=prefix,
            health=f"{prefix}/health",
        )
        for each in ports
    )
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


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    headers: Mapping[str, str]
    text: str


def answer_of(
    port: int, prompt: str = "", *, path: str = "/v1/chat/completions", method: str = "POST"
) -> Answer:
    """One request, on a connection of its own; its path goes out as it is written."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest(method, path, skip_accept_encoding=True)
    if method == "POST":
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(prompt.encode())))
    connection.endheaders(prompt.encode())
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return Answer(reply.status, dict(reply.headers), text)


def ask(port: int, prompt: str) -> int:
    return answer_of(port, prompt).status


def ask_all(port: int, count: int = 8) -> list[int]:
    return [ask(port, f"prompt {number}") for number in range(count)]


def is_refusal(found: Answer) -> bool:
    if found.status != 404 or found.headers["Content-Type"] != "application/json":
        return False
    error = json.loads(found.text)["error"]
    if not isinstance(error, dict) or error.get("code") != "unknown_url":
        return False
    assert "expose, a key of nginx" in error["message"], "nothing says the way out"
    return True


def raw(port: int, line: str) -> bytes:
    """The head of what is answered to a request whose first line is sent as it is written."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as found:
        found.sendall(f"{line}\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
        head = b""
        while chunk := found.recv(65536):
            head += chunk
    return head
