"""Which bytes a process behind a real nginx of ours gets to see, whatever a client sends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llamafleet.targets.proxy.inference import APIS
from tests.targets.proxying import answer_of, is_refusal, nginx, raw


class Recording:
    """An upstream that keeps the path of each request, byte by byte, and its headers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.heads: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                head = connection.recv(65536).decode("latin-1")
                self.lines.append(head.partition("\r\n")[0])
                self.heads.append(head.lower())
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )


@contextmanager
def recorded(folder: Path, *expose: str, prefix: str = "") -> Iterator[tuple[int, Recording]]:
    upstream = Recording()
    with nginx([upstream.port], folder, expose=expose, prefix=prefix) as port:
        upstream.lines.clear()
        yield port, upstream
    upstream.listener.close()


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[int, Recording]]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(recorded(tmp_path_factory.mktemp("front"), *expose))
            for expose in ((), ("/ui/*", "/running"))
        ]


PIECES = st.sampled_from(
    ["/", "//", ".", "..", "%2e", "%2E", "%2f", "%2F", "%5c", "\\", ";", "?", "#", "%3f", "%23",
     "%00", "%0a", "%0d%0a", "%25", "%252f", "%20", "+", "v1", "V1", "models", "health", "ui",
     "running", "unload", "upstream", "slots", "m", "%75nload", "ä", "*", "chat", "completions",
     "/v1/models", "/ui/", "/../"]
)  # fmt: skip
PATHS = {path for api in APIS.values() for path in (*api.get, *api.post)}


@given(
    st.lists(PIECES, max_size=12).map("".join), st.sampled_from(["GET", "POST", "DELETE", "FOO"])
)
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_process_sees_paths_of_the_table_alone(
    fronts: list[tuple[int, Recording]], path: str, method: str
) -> None:
    for (port, upstream), extra in zip(fronts, (None, "/ui/"), strict=True):
        upstream.lines.clear()
        raw(port, f"{method} /{path} HTTP/1.1")
        for line in upstream.lines:
            seen = line.split(" ")[1].partition("?")[0]
            assert line.count(" ") == 2, line
            allowed = seen in PATHS or (extra and (seen == "/running" or seen.startswith(extra)))
            assert allowed, line
            assert seen in PATHS or ".." not in seen, line


@pytest.mark.parametrize("path", ["/unload/..%2fv1/models", "/upstream/m/..%2f../v1/models"])
def test_a_path_goes_on_as_it_was_understood(path: str, tmp_path: Path) -> None:
    """llama-swap would take either as it came for one of its own."""
    with recorded(tmp_path) as (port, upstream):
        raw(port, f"GET {path} HTTP/1.1")
        assert upstream.lines == ["GET /v1/models HTTP/1.1"]


def test_only_websockets_may_be_asked_for(tmp_path: Path) -> None:
    with recorded(tmp_path, "/ui/*") as (port, upstream):
        for path, value in (("/ui/x", "h2c"), ("/ui/x", "websocket"), ("/v1/models", "websocket")):
            upstream.heads.clear()
            raw(port, f"GET {path} HTTP/1.1\r\nUpgrade: {value}")
            [head] = upstream.heads
            passes = (path, value) == ("/ui/x", "websocket")
            assert ("\r\nconnection: upgrade\r\n" in head) is passes, (path, value)


def test_a_prefix_of_the_api_stands_before_every_path(tmp_path: Path) -> None:
    with recorded(tmp_path, prefix="/a.b") as (port, upstream):
        assert answer_of(port, path="/a.b/v1/models?x=1", method="GET").status == 200
        assert upstream.lines[-1] == "GET /a.b/v1/models?x=1 HTTP/1.1"
        for path in ("/v1/models", "/axb/v1/models", "/a.b"):
            assert is_refusal(answer_of(port, path=path, method="GET")), path
