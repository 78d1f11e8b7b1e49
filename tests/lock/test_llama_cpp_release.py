"""Releases of llama.cpp: archives are looked up in GitHub's list, digests are never computed.

The lists are those of real releases (tests/lock/llama_cpp_assets.json); the server is local.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from jsonschema import Draft202012Validator

from llamafleet.compiler import compile_file
from llamafleet.fleet.model import Build
from llamafleet.lock.compare import differences
from llamafleet.lock.llama_cpp_release import locked_release
from llamafleet.lock.make import make_lock
from llamafleet.lock.model import Lock, LockedBuild
from llamafleet.lock.text import LockError, read_lock, write_lock
from llamafleet.schemas import schema
from tests.roles.test_downloads import BUILD

ASSETS = json.loads((Path(__file__).parent / "llama_cpp_assets.json").read_text())
PREFIX = "/repos/ggml-org/llama.cpp/releases/tags/"


class GitHub(ThreadingHTTPServer):
    """The part of GitHub that lists a release; it knows no digests of the files in `without`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.without: set[str] = set()
        self.missing: set[str] = set()
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def listed(self, tag: str) -> list[dict[str, object]] | None:
        if tag == "v0.5.0":
            return [self.asset("nightly-tag.txt", 7, "0" * 64)]
        files = ASSETS.get(tag)
        if files is None:
            return None
        found = [
            self.asset(name, each.get("bytes", 1), each["sha256"]) for name, each in files.items()
        ]
        return [each for each in found if each["name"] not in self.missing]

    def asset(self, name: str, size: int, sha256: str) -> dict[str, object]:
        digest = None if name in self.without else f"sha256:{sha256}"
        url = f"{self.url}/download/{name}"
        return {"name": name, "size": size, "digest": digest, "browser_download_url": url}


class Answer(BaseHTTPRequestHandler):
    server: GitHub

    def do_GET(self) -> None:
        text = b"b11146\n"
        status = self.server.status
        if self.path.startswith(PREFIX):
            listed = self.server.listed(self.path.removeprefix(PREFIX))
            status = status if listed is not None else 404
            text = json.dumps({"assets": listed}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    with GitHub() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("LLAMAFLEET_GITHUB_API", server.url)
        yield server
        server.shutdown()


def released(backend: str, ref: str = "b11347", toolkit: str | None = None) -> Build:
    return replace(BUILD, kind="release", ref=ref, backend=backend, toolkit=toolkit, sha256=None)


def files(found: LockedBuild | str, machine: str = "x86_64") -> list[str]:
    assert not isinstance(found, str), found
    return [each.file for each in found.assets if each.machine == machine]


@pytest.mark.parametrize(
    ("backend", "toolkit", "names"),
    [
        ("cpu", None, ["llama-b11347-bin-ubuntu-x64.tar.gz"]),
        ("vulkan", None, ["llama-b11347-bin-ubuntu-vulkan-x64.tar.gz"]),
        ("hip", None, ["llama-b11347-bin-ubuntu-rocm-10.0-x64.tar.gz"]),
        ("sycl", None, ["llama-b11347-bin-ubuntu-sycl-fp16-x64.tar.gz"]),
        (
            "cuda",
            None,
            [
                "llama-b11347-bin-ubuntu-cuda-13.4-x64.tar.gz",
                "cudart-llama-b11347-bin-ubuntu-cuda-13.4-x64.tar.gz",
            ],
        ),
        (
            "cuda",
            "12.8",
            [
                "llama-b11347-bin-ubuntu-cuda-12.8-x64.tar.gz",
                "cudart-llama-b11347-bin-ubuntu-cuda-12.8-x64.tar.gz",
            ],
        ),
    ],
)
def test_the_archives_of_a_backend_are_found(
    github: GitHub, backend: str, toolkit: str | None, names: list[str]
) -> None:
    found = locked_release(released(backend, toolkit=toolkit))
    assert files(found) == names
    assert isinstance(found, LockedBuild)
    for each in found.assets:
        assert each.sha256 == ASSETS["b11347"][each.file]["sha256"]
        assert each.size == ASSETS["b11347"][each.file]["bytes"]


def test_a_semantic_version_leads_to_its_build(github: GitHub) -> None:
    found = locked_release(released("cpu", ref="v0.5.0"))
    assert files(found) == ["llama-b11146-bin-ubuntu-x64.tar.gz"]
    assert files(found, "aarch64") == ["llama-b11146-bin-ubuntu-arm64.tar.gz"]
    assert isinstance(found, LockedBuild)
    assert found.tag == "b11146"


def test_what_a_release_lacks_is_said(github: GitHub) -> None:
    name = "cudart-llama-b11347-bin-ubuntu-cuda-13.4-x64.tar.gz"
    github.missing = {name}
    found = locked_release(released("cuda"))
    assert found == f"the release has no {name}, without which it would run on the CPU"
    github.missing, github.without = set(), {name}
    assert locked_release(released("cuda")) == (
        f"GitHub lists no SHA-256 of {name}: use a newer release"
    )
    found = locked_release(released("cuda", toolkit="11.8"))
    assert isinstance(found, str)
    assert "no archive for backend = cuda and toolkit = 11.8; its files are cudart-" in found
    assert "there is no such release" in str(locked_release(released("cpu", ref="b1")))
    github.status = 403
    assert "set GITHUB_TOKEN" in str(locked_release(released("cpu")))


FLEET = """\
fleet 1

host box {
    gpus = [p40]
}

gpu p40 {
    vendor = nvidia
    arch   = sm_61
    vram   = 24GiB
}

build main {
    kind    = release
    ref     = "b11347"
    backend = cuda
    toolkit = "12.8"
}

gguf small {
    path = "/models/small.gguf"
}

model chat {
    gguf     = small
    ctx-size = 2048
}

llama-server chat {
    host   = box
    build  = main
    model  = chat
    listen = "127.0.0.1:8080"
}
"""


def test_the_lock_names_the_archives_and_check_reads_them(github: GitHub, tmp_path: Path) -> None:
    path = tmp_path / "fleet.fleet"
    path.write_text(FLEET)
    result = compile_file(path)
    assert [each.code for each in result.diagnostics] == ["not-locked"]
    unlocked = compile_file(path, locked=False).fleet
    assert unlocked is not None
    lock, problems, _ = make_lock(unlocked, Lock())
    assert problems == ()
    text = write_lock(lock)
    assert read_lock(text) == lock
    [line] = differences(Lock(), lock)
    assert line.startswith("+ build main: b11347 (the archives of b11347: llama-b11347-bin-")
    Draft202012Validator(schema("lock")).validate(json.loads(text))
    (tmp_path / "fleet.lock").write_text(text)
    github.shutdown()
    fleet = compile_file(path).fleet
    assert fleet is not None
    assert len(fleet.builds["main"].assets) == 2
    # Another toolkit is another archive: the lock is out of date then.
    path.write_text(FLEET.replace("12.8", "13.4"))
    assert [each.code for each in compile_file(path).diagnostics].count("not-locked") == 1
    bad = text.replace("llama-b11347-bin", "../llama-b11347-bin", 1)
    assert isinstance(read_lock(bad), LockError)
