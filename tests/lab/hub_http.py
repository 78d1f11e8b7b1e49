"""The HTTP side of the local Hub: one function an answer, listed in ROUTES."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.lab.hub_store import LFS_ENDINGS, Hub, Repository, Request, StoredFile

CHUNK = 1 << 18
DATE = "2026-01-01T00:00:00.000Z"


class HubServer(ThreadingHTTPServer):
    """The listening socket, the Hub behind it, and the port where content is served."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], hub: Hub, content_port: int) -> None:
        super().__init__(address, Handler)
        self.hub = hub
        self.content_port = content_port

    @property
    def url(self) -> str:
        """Return the value for `HF_ENDPOINT`."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"


@dataclass(frozen=True)
class RefusedError(Exception):
    """An error answer as the Hub gives it: its code and message travel in headers."""

    status: int
    code: str
    message: str


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> Hub:
        """The repositories of the server."""
        return cast(HubServer, self.server).hub

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: tests read `Hub.requests`."""

    def do_HEAD(self) -> None:
        """Metadata of a file."""
        self._dispatch()

    def do_GET(self) -> None:
        """API answers and file content."""
        self._dispatch()

    def do_POST(self) -> None:
        """The API's `paths-info`."""
        self._dispatch()

    def _dispatch(self) -> None:
        self.hub.requests.append(
            Request(
                self.command,
                self.path,
                self.headers.get("Range"),
                self.headers.get("Authorization"),
            )
        )
        path = unquote(urlsplit(self.path).path)
        try:
            for pattern, answer in ROUTES:
                if found := pattern.fullmatch(path):
                    answer(self, **found.groupdict())
                    return
            raise RefusedError(404, "NotFound", f"no such route: {path}")
        except RefusedError as refusal:
            self._refuse(refusal)

    def _refuse(self, refusal: RefusedError) -> None:
        headers = {"X-Error-Code": refusal.code, "X-Error-Message": refusal.message}
        self.send_json({"error": refusal.message}, refusal.status, headers)

    def repository(self, name: str, revision: str) -> Repository:
        """The repository if the request may read it, else a refusal like the Hub's."""
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        tokens = {each.token for each in self.hub.repositories.values() if each.token}
        if token and tokens and token not in tokens:
            raise RefusedError(401, "", "Invalid credentials in Authorization header")
        found = self.hub.repositories.get(name)
        if found is None:
            raise RefusedError(401, "RepoNotFound", "Repository not found")
        if found.token is not None and token != found.token:
            message = f"Access to model {name} is restricted. You must have access to it."
            raise RefusedError(403 if token else 401, "GatedRepo", message)
        if revision not in (*found.revisions, found.commit):
            raise RefusedError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return found

    def send_json(
        self, value: object, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer with JSON."""
        body = json.dumps(value).encode()
        self.send_headers(status, {"Content-Type": "application/json", **(headers or {})}, body)

    def send_headers(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Answer with a whole body; a HEAD request gets its length alone."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _entry(path: str, stored: StoredFile) -> dict[str, object]:
    """One file as the tree and paths-info answers list it."""
    lfs = {"oid": stored.sha256, "size": len(stored.data), "pointerSize": 134}
    entry: dict[str, object] = {
        "type": "file",
        "path": path,
        "oid": stored.blob_id,
        "size": len(stored.data),
    }
    return {**entry, "lfs": lfs} if path.endswith(LFS_ENDINGS) else entry


def model_info(request: Handler, name: str, revision: str | None = None) -> None:
    """`GET /api/models/<name>[/revision/<revision>]`; sizes and hashes with `?blobs=true`."""
    repository = request.repository(name, revision or "main")
    blobs = "blobs" in parse_qs(urlsplit(request.path).query)
    siblings: list[dict[str, object]] = []
    for path, stored in sorted(repository.files.items()):
        sibling: dict[str, object] = {"rfilename": path}
        if blobs:
            sibling |= {"size": len(stored.data), "blobId": stored.blob_id}
            if path.endswith(LFS_ENDINGS):
                sibling["lfs"] = {
                    "sha256": stored.sha256,
                    "size": len(stored.data),
                    "pointerSize": 134,
                }
        siblings.append(sibling)
    request.send_json(
        {
            "_id": repository.commit[:24],
            "id": name,
            "modelId": name,
            "author": name.split("/")[0],
            "sha": repository.commit,
            "lastModified": DATE,
            "createdAt": DATE,
            "private": False,
            "gated": "manual" if repository.token else False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": ["gguf"],
            "siblings": siblings,
        }
    )


def tree(request: Handler, name: str, revision: str, folder: str | None = None) -> None:
    """`GET /api/models/<name>/tree/<revision>[/<folder>]`; always the whole tree below it."""
    repository = request.repository(name, revision)
    prefix = f"{folder.strip('/')}/" if folder else ""
    entries = [
        _entry(path, stored)
        for path, stored in sorted(repository.files.items())
        if path.startswith(prefix)
    ]
    if prefix and not entries:
        raise RefusedError(404, "EntryNotFound", f"{folder} does not exist on {revision}")
    request.send_json(entries)


def paths_info(request: Handler, name: str, revision: str) -> None:
    """`POST /api/models/<name>/paths-info/<revision>` with `paths` as form or JSON."""
    body = request.rfile.read(int(request.headers.get("Content-Length") or 0)).decode()
    repository = request.repository(name, revision)
    asked = json.loads(body)["paths"] if body.startswith("{") else parse_qs(body).get("paths", [])
    request.send_json(
        [_entry(path, repository.files[path]) for path in asked if path in repository.files]
    )


def resolve(request: Handler, name: str, revision: str, path: str) -> None:
    """`HEAD` or `GET /<name>/resolve/<revision>/<path>`."""
    repository = request.repository(name, revision)
    if request.hub.busy:
        headers = {"Retry-After": str(request.hub.busy.pop(0))}
        request.send_json({"error": "too many requests"}, 429, headers)
        return
    commit = {"X-Repo-Commit": repository.commit}
    stored = repository.files.get(path)
    if stored is None:
        headers = {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"} | commit
        request.send_json({"error": "Entry not found"}, 404, headers)
        return
    if not path.endswith(LFS_ENDINGS):
        request.send_headers(200, {"ETag": f'"{stored.blob_id}"', **commit}, stored.data)
        return
    host = request.headers["Host"].rpartition(":")[0]
    content = f"http://{host}:{cast(HubServer, request.server).content_port}"
    headers = {
        "X-Linked-Etag": f'"{stored.sha256}"',
        "X-Linked-Size": str(len(stored.data)),
        "Location": f"{content}/blobs/{stored.sha256}/{quote(path)}",
        **commit,
    }
    request.send_headers(302, headers, b"")


def blob(request: Handler, sha256: str) -> None:
    """`GET /blobs/<sha256>/<name>`: the content, whole or from `Range: bytes=N-[M]`."""
    data = request.hub.blob(sha256)
    if data is None:
        raise RefusedError(404, "EntryNotFound", "no such content")
    if request.hub.expire_next:
        request.hub.expire_next -= 1
        request.send_json({"error": "expired"}, 403)
        return
    start, end = 0, len(data)
    headers = {"ETag": f'"{sha256}"', "Accept-Ranges": "bytes"}
    asked = "" if request.hub.ignore_ranges else request.headers.get("Range") or ""
    if found := re.fullmatch(r"bytes=(\d+)-(\d*)", asked):
        start = int(found[1])
        end = min(end, int(found[2]) + 1) if found[2] else end
        if start >= len(data):
            request.send_headers(416, {"Content-Range": f"bytes */{len(data)}"}, b"")
            return
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
    request.send_response(206 if "Content-Range" in headers else 200)
    for key, value in {**headers, "Content-Length": str(end - start)}.items():
        request.send_header(key, value)
    request.end_headers()
    limit, request.hub.break_after = request.hub.break_after, None
    if request.command != "HEAD":
        _send(request, memoryview(data)[start : end if limit is None else start + limit])
    request.close_connection = request.close_connection or limit is not None


def _send(request: Handler, data: memoryview) -> None:
    """Send content, as slowly as the Hub is told to; a client may go away at any time."""
    with contextlib.suppress(ConnectionError):
        for start in range(0, len(data), CHUNK):
            chunk = data[start : start + CHUNK]
            request.wfile.write(chunk)
            request.hub.sent += len(chunk)
            if request.hub.rate:
                with request.hub.gate:
                    time.sleep(len(chunk) / request.hub.rate)
            if request.hub.pause:
                time.sleep(request.hub.pause)


_NAME = r"(?P<name>[^/]+/[^/]+)"
ROUTES = (
    (re.compile(rf"/api/models/{_NAME}"), model_info),
    (re.compile(rf"/api/models/{_NAME}/revision/(?P<revision>[^/]+)"), model_info),
    (re.compile(rf"/api/models/{_NAME}/tree/(?P<revision>[^/]+)(?P<folder>/.*)?"), tree),
    (re.compile(rf"/api/models/{_NAME}/paths-info/(?P<revision>[^/]+)"), paths_info),
    (re.compile(rf"/{_NAME}/resolve/(?P<revision>[^/]+)/(?P<path>.+)"), resolve),
    (re.compile(r"/blobs/(?P<sha256>[0-9a-f]{64})/.*"), blob),
)
