"""What passes a real nginx of ours, in front of the real llama-swap and of what records paths."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from llamafleet.targets.proxy.inference import LLAMA_SERVER, LLAMA_SWAP
from tests.lab.llama_swap import LlamaSwapBinary
from tests.targets.compiling import content_of, errors_of, server, swap
from tests.targets.proxying import answer_of, is_refusal, nginx, raw
from tests.targets.real_llama_swap import serving_m

CLOSED = (
    "/", "/ui", "/ui/", "/favicon.ico", "/unload", "/running", "/logs", "/logs/stream",
    "/logs/stream/m", "/metrics", "/upstream", "/upstream/m/", "/upstream/m/v1/models",
    "/comfyui", "/api/events", "/api/version", "/api/hardware", "/api/performance",
    "/api/profiles", "/api/metrics/activity", "/api/metrics/stats", "/api/captures/1",
    "/props?model=m", "/slots", "/wol-health", "/lora-adapters", "/tools", "/cors-proxy",
    "/v1/stream?conv_id=1", "/models/sse",
)  # fmt: skip
TRICKS = (
    "//unload", "/./unload", "/v1/../unload", "/v1/models/../../unload", "/v1/%2e%2e/unload",
    "/v1/..%2funload", "/v1/models/..%2f..%2funload", "/%75nload", "/unload/", "/unload/.",
    "/Unload", "/UNLOAD", "/unload;x", "/v1/models;/../../unload", "/unload?/v1/models",
    "/unload#/v1/models", "/unload%3f/v1/models", "/unload%00", "/unload%0a", "/unload%20",
    "/v1/models%0a", "/v1/models%0d%0aX: y", "/v1/models%00", "/v1/models/", "/v1/models/x",
    "/v1/models;x", "/v1/models%3fx", "/v1/modelsx", "/V1/models", "/v1/MODELS", "/v1/models%20",
    "/v1%5cmodels", "\\unload", "/v1/..\\unload", "/%2e%2e/unload", "/..%5cunload",
    "/v1/models/%2e%2e/%2e%2e/running", "/%252e%252e/unload", "/%2funload", "/%2f%2funload",
    "/.llamafleet/ready", "http://x/unload", "http://x/v1/../unload",
)  # fmt: skip


@pytest.fixture(scope="module")
def llama_swap(binary: LlamaSwapBinary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The real llama-swap with a model m; yields its port."""
    with serving_m(binary, tmp_path_factory.mktemp("llama-swap")) as port:
        yield port


def load(port: int) -> None:
    assert answer_of(port, path="/upstream/m/loaded", method="GET").status == 200


def running(port: int) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/running", timeout=10) as reply:
        return [each["model"] for each in json.load(reply)["running"]]


def test_each_path_of_the_table_is_one_of_llama_swap(llama_swap: int) -> None:
    for path in LLAMA_SWAP.get:
        found = answer_of(llama_swap, path=f"{path}?model=m", method="GET")
        assert (found.status, found.text) != (404, "404 page not found\n"), path
    for path in LLAMA_SWAP.post:
        found = answer_of(llama_swap, "{}", path=path)
        assert (found.status, found.text) != (404, "404 page not found\n"), path
    assert answer_of(llama_swap, "{}", path="/v1/nothing").text == "404 page not found\n"


def test_the_page_has_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "front.md").read_text(encoding="utf-8")
    server, _, swap = text.partition("In front of a `llama-swap`")
    for part, api in ((server, LLAMA_SERVER), (swap.partition("Everything else")[0], LLAMA_SWAP)):
        get, _, post = part.partition("- `POST`")
        assert tuple(re.findall(r"`(/[^`]*)`", get.partition("- `GET`")[2])) == api.get
        assert tuple(re.findall(r"`(/[^`]*)`", post)) == api.post


def test_the_inference_api_passes_and_nothing_else(llama_swap: int, tmp_path: Path) -> None:
    load(llama_swap)
    with nginx([llama_swap], tmp_path, api="llama-swap") as port:
        for path in LLAMA_SWAP.get:
            assert not is_refusal(answer_of(port, path=f"{path}?model=m", method="GET")), path
        body = json.dumps({"model": "m"})
        for path in LLAMA_SWAP.post:
            assert not is_refusal(answer_of(port, body, path=path)), path
        for path in CLOSED:
            for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"):
                found = answer_of(port, body, path=path, method=method)
                assert found.status == 404, (method, path)
                assert method == "HEAD" or is_refusal(found), (method, path)
        for path in ("/api/models/unload", "/api/models/unload/m", "/api/inflight/1/cancel"):
            assert is_refusal(answer_of(port, body, path=path)), path
        assert is_refusal(answer_of(port, path="/v1/chat/completions", method="GET"))
        assert is_refusal(answer_of(port, path="/v1/models", method="DELETE"))
        asked = answer_of(port, path="/v1/chat/completions", method="OPTIONS")
        assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert running(llama_swap) == ["m"]


def test_no_spelling_of_a_closed_path_passes(llama_swap: int, tmp_path: Path) -> None:
    load(llama_swap)
    with nginx([llama_swap], tmp_path, api="llama-swap") as port:
        for path in TRICKS:
            head = raw(port, f"GET {path} HTTP/1.1")
            assert head[:12] in (b"HTTP/1.1 404", b"HTTP/1.1 400"), (path, head[:200])
        # The same bytes do harm where nothing is in front.
        assert running(llama_swap) == ["m"]
    assert raw(llama_swap, "GET /%75nload HTTP/1.1")[:12] == b"HTTP/1.1 200"
    assert running(llama_swap) == []


def test_what_is_exposed_passes_and_no_more(llama_swap: int, tmp_path: Path) -> None:
    load(llama_swap)
    expose = ("/running", "/upstream/m/*")
    with nginx([llama_swap], tmp_path, api="llama-swap", expose=expose) as port:
        assert json.loads(answer_of(port, path="/running", method="GET").text)["running"]
        for path in ("a", "a%20b", "%C3%A4?x=%2F..%2F", "a?b=c//d"):
            found = answer_of(port, path=f"/upstream/m/{path}", method="GET")
            assert (found.status, found.text) == (200, f"/{path}"), path
        for path in (
            "/unload", "/running/x", "/running;x", "/upstream/n/", "/upstream/m/../../unload",
            "/unload/..%2fupstream/m/x", "/upstream/m/..%2f..%2funload", "/upstream/m/%2e%2e/x",
            "/api/models/unload/..%2f..%2f..%2fupstream/m/x", "/upstream//m/x",
            "//upstream/m/x", "/upstream/%6d/x", "/upstream/m//x", "/upstream/m/..%5cx",
            "/upstream/m/./x", "/upstream/m/x/..",
        ):  # fmt: skip
            assert raw(port, f"GET {path} HTTP/1.1")[:12] == b"HTTP/1.1 404", path
        assert answer_of(port, json.dumps({"model": "m"})).text == "/v1/chat/completions"
    with nginx([llama_swap], tmp_path, api="llama-swap", expose=("/*",)) as port:
        for path in ("/api/version", "/v1/models", "/upstream/m/x%2fy"):
            assert answer_of(port, path=path, method="GET").status == 200, path
        assert answer_of(port, path="/unload", method="GET").text == "OK"


@pytest.mark.parametrize("expose", ["/upstream/m/*", "/*"])
def test_a_websocket_passes_where_it_is_exposed(
    expose: str, llama_swap: int, tmp_path: Path
) -> None:
    load(llama_swap)
    with (
        nginx([llama_swap], tmp_path, api="llama-swap", expose=(expose,)) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as found,
    ):
        found.sendall(
            b"GET /upstream/m/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        head = found.recv(4096)
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        found.sendall(b"to and fro")
        assert found.recv(64) == b"to and fro"


SITE = """
nginx n {{
    host = h
    listen = "127.0.0.1:99"
    upstream = {}
    {}
}}
"""


def test_the_table_is_that_of_the_service_at_the_end() -> None:
    text = content_of(swap() + SITE.format("s", ""), ".conf")
    assert "/v1/audio/speech" in text
    assert "/tokenize" not in text
    text = content_of(server() + SITE.format("w", ""), ".conf")
    assert "/tokenize" in text
    assert "/v1/audio/speech" not in text
    text = content_of(
        swap() + SITE.format("s", "") + SITE.format("n", "").replace("nginx n", "nginx outer")
        .replace(":99", ":98"), "outer.conf",
    )  # fmt: skip
    assert "/v1/audio/speech" in text
    text = content_of(server(model='api-prefix = "/llm"') + SITE.format("w", ""), ".conf")
    assert r'"~^(POST|OPTIONS) /llm/v1/chat/completions\\z" 1;' in text
    assert "/llm/health;" in text


@pytest.mark.parametrize(
    ("prefix", "health"), [('"/$x"', '"/$ready"'), ('"/a b"', '"/a;b"'), ('"/ä{"', '"/ä"')]
)
def test_odd_paths_of_a_model_are_written(prefix: str, health: str) -> None:
    rest = f"api-prefix = {prefix}\n    health = {health}"
    text = content_of(server("replicas = 2", model=rest) + SITE.format("w", ""), ".conf")
    assert "/v1/models" in text


@pytest.mark.parametrize(
    "path",
    ["running", "", "//", "/a/../b", "/..", "/a*", "/a/*/b", "/a b", "/a;", "/$uri", "/a\\n",
     "/%2f", "/./a", "/a//b", "/a?b", "/{", "~ ^/"],
)  # fmt: skip
def test_only_a_plain_path_can_be_exposed(path: str) -> None:
    found = errors_of(server() + SITE.format("w", f'expose = ["{path}"]'))
    assert [each.split(":")[0] for each in found] == ["wrong-type"]


@pytest.mark.parametrize("path", ["/", "/*", "/ui/*", "/running", "/logs/", "/a.b/c-d_e/*", "/..a"])
def test_a_plain_path_can_be_exposed(path: str) -> None:
    assert content_of(server() + SITE.format("w", f'expose = ["{path}"]'), ".conf")
