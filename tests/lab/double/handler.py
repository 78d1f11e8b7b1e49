"""The HTTP side: llama-swap's own endpoints, and requests passed on to models."""

from __future__ import annotations

import http.client
import json
import select
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Protocol, cast
from urllib.parse import parse_qs, unquote, urlsplit

from .config import ModelConfig
from .listing import listed_models, running_models
from .router import BusyError, GoneError, Router
from .upstream import UpstreamError

VERSION = "v250"
MODEL_POSTS = frozenset(
    f"{prefix}/{path}"
    for prefix in ("/v1", "/v")
    for path in (
        "chat/completions",
        "responses",
        "completions",
        "messages",
        "messages/count_tokens",
        "embeddings",
        "rerank",
        "reranking",
    )
) | {"/rerank", "/reranking", "/infill", "/completion", "/v1/audio/speech"}
IGNORED_ENDINGS = (".js", ".json", ".css", ".png", ".gif", ".jpg", ".jpeg", ".ico", ".txt")
HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length")
)


class ServerProtocol(Protocol):
    """The part of the server that a connection needs."""

    router: Router
    lines: list[str]
    active: int
    counting: threading.Lock


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    @property
    def owner(self) -> ServerProtocol:
        """The server, with its router."""
        return cast(ServerProtocol, self.server)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing per request."""

    def do_GET(self) -> None:
        """Answer, counted, so that a shutdown waits for it."""
        with self.owner.counting:
            self.owner.active += 1
        try:
            self._answer(urlsplit(self.path).path)
        except (BrokenPipeError, ConnectionResetError, GoneError):
            self.close_connection = True
        finally:
            with self.owner.counting:
                self.owner.active -= 1

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815

    def _answer(self, path: str) -> None:
        own = OWN_ROUTES.get((self.command, path))
        if own is not None:
            own(self)
        elif path.startswith("/upstream/"):
            self._pass_to_named(path.removeprefix("/upstream/"))
        elif self.command == "POST" and path.startswith("/api/models/unload/"):
            self._unload_one(unquote(path.removeprefix("/api/models/unload/")))
        elif self.command == "POST" and path in MODEL_POSTS:
            self._pass_by_body(path)
        elif self.command == "GET" and path == "/props":
            self._pass_by_query()
        else:
            self.send_text("404 page not found\n", 404)

    def send_text(self, text: str, status: int = 200, kind: str = "text/plain") -> None:
        """Answer with a whole body."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_json(self, value: object, status: int = 200) -> None:
        """Answer with JSON."""
        self.send_text(json.dumps(value) + "\n", status, "application/json")

    def refuse(self, status: int, message: str) -> None:
        """llama-swap's own errors."""
        self.send_json({"src": "llama-swap", "error": message}, status)

    def _unload_one(self, name: str) -> None:
        router = self.owner.router
        model = router.config.find(name)
        if model is None:
            self.refuse(404, "model not found")
            return
        router.unload([model])
        self.send_text("OK")

    # Requests for models

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _pass_by_body(self, path: str) -> None:
        body = self._body()
        name = ""
        if "application/json" in (self.headers.get("Content-Type") or ""):
            try:
                value = json.loads(body)
                name = str(value.get("model") or "") if isinstance(value, dict) else ""
            except ValueError:
                name = ""
        else:
            name = parse_qs(body.decode(errors="replace")).get("model", [""])[0]
        target = path.removeprefix("/v") if path.startswith("/v/") else path
        self._pass_on(name, target, body)

    def _pass_by_query(self) -> None:
        name = parse_qs(urlsplit(self.path).query).get("model", [""])[0]
        self._pass_on(name, self.path, b"")

    def _pass_on(self, name: str, target: str, body: bytes) -> None:
        model = self.owner.router.config.find(name) if name else None
        if not name:
            self.refuse(404, "no model id could be identified")
        elif model is None:
            self.refuse(404, "no router for requested model")
        else:
            self._serve(model, target, body)

    def _pass_to_named(self, rest: str) -> None:
        """`/upstream/<id>/<path>`: the longest run of segments that names a model is the id."""
        body = self._body()
        router = self.owner.router
        parts = rest.split("/")
        found: tuple[str, str] | None = None
        for end in range(1, len(parts) + 1):
            model = router.config.find(unquote("/".join(parts[:end])))
            if model is not None:
                found = model, "/" + "/".join(parts[end:])
        if found is None:
            self.refuse(404, "model not found")
            return
        model, target = found
        ready = router.upstreams[model].state == "ready"
        if target.endswith(IGNORED_ENDINGS) and not ready:
            self.refuse(409, f"model {model} is not loaded; path matches upstream.ignorePaths")
            return
        query = urlsplit(self.path).query
        self._serve(model, f"{target}?{query}" if query else target, body)

    def _serve(self, model: str, target: str, body: bytes) -> None:
        try:
            with self.owner.router.serving(model, self._client_is_there) as config:
                self._proxy(config, target, body)
        except BusyError:
            self.send_response(429)
            self.send_header("Content-Type", "application/json")
            self.send_header("Retry-After", "1")
            text = b'{"error":"Too many requests"}'
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        except UpstreamError as error:
            self.refuse(500, f"unspecific error: {error}")

    def _client_is_there(self) -> bool:
        """Return True if the client still holds the connection while it waits for its model."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return not readable or self.connection.recv(1, socket.MSG_PEEK) != b""

    def _proxy(self, config: ModelConfig, target: str, body: bytes) -> None:
        url = urlsplit(config.proxy)
        connection = http.client.HTTPConnection(url.hostname or "", url.port or 80)
        headers = {
            key: value for key, value in self.headers.items() if key.lower() not in HOP_BY_HOP
        }
        try:
            try:
                connection.request(self.command, url.path.rstrip("/") + target, body, headers)
                answer = connection.getresponse()
            except (OSError, http.client.HTTPException):
                self.send_text("", 502)
                return
            self._copy(answer)
        finally:
            connection.close()

    def _copy(self, answer: http.client.HTTPResponse) -> None:
        """Pass an answer on as it comes, piece by piece."""
        length = answer.getheader("Content-Length")
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in (*HOP_BY_HOP, "server", "date"):
                self.send_header(key, value)
        if "text/event-stream" in (answer.getheader("Content-Type") or ""):
            self.send_header("X-Accel-Buffering", "no")
        if length is not None:
            self.send_header("Content-Length", length)
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while piece := answer.read1(65536):
                self.wfile.write(piece if length else b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.flush()
        except (http.client.HTTPException, ConnectionResetError):
            self.close_connection = True
            return
        if length is None:
            self.wfile.write(b"0\r\n\r\n")


# llama-swap's own endpoints


def _health(handler: Handler) -> None:
    handler.send_text("OK")


def _version(handler: Handler) -> None:
    handler.send_json({"version": VERSION, "commit": "double", "build_date": "unknown"})


def _logs(handler: Handler) -> None:
    handler.send_text("".join(handler.owner.lines))


def _running(handler: Handler) -> None:
    handler.send_json(running_models(handler.owner.router))


def _models(handler: Handler) -> None:
    handler.send_json(listed_models(handler.owner.router))


def _unload_all(handler: Handler) -> None:
    handler.owner.router.unload(tuple(handler.owner.router.upstreams))
    if handler.command == "GET":
        handler.send_text("OK")
    else:
        handler.send_json({"msg": "ok"})


OWN_ROUTES: Mapping[tuple[str, str], Callable[[Handler], None]] = {
    ("GET", "/health"): _health,
    ("GET", "/wol-health"): _health,
    ("GET", "/api/version"): _version,
    ("GET", "/running"): _running,
    ("GET", "/v1/models"): _models,
    ("GET", "/models"): _models,
    ("GET", "/logs"): _logs,
    ("GET", "/unload"): _unload_all,
    ("POST", "/api/models/unload"): _unload_all,
}
