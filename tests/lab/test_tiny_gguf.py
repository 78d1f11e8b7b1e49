"""The tiny models: same arguments, same bytes; and the real llama-server answers from them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.tiny_gguf import Shape, main, tiny_gguf, vocabulary, write_tiny_gguf


def test_same_arguments_same_bytes() -> None:
    assert tiny_gguf(seed=3) == tiny_gguf(seed=3)
    assert tiny_gguf(seed=3) != tiny_gguf(seed=4)
    assert tiny_gguf(name="a") != tiny_gguf(name="b")


def test_is_small_and_starts_like_a_gguf(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "models" / "tiny.gguf")
    data = path.read_bytes()
    assert data[:8] == b"GGUF\x03\x00\x00\x00"
    assert len(data) < 5_000_000
    assert len(data) % 32 == 0


def test_tokens_are_unique_and_fill_blocks() -> None:
    tokens = vocabulary()
    assert len({each.text for each in tokens}) == len(tokens)
    assert len(tokens) % 32 == 0


def test_command_line_writes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out.gguf"
    assert main([str(path), "--seed", "7", "--layers", "1"]) == 0
    assert path.read_bytes() == tiny_gguf(seed=7, shape=Shape(layers=1))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a real llama-server with a tiny model."""
    binary = os.environ.get("LLAMAFLEET_LLAMA_SERVER")
    if not binary:
        pytest.skip("LLAMAFLEET_LLAMA_SERVER names no llama-server: tiny models not tried on it")
    path = write_tiny_gguf(tmp_path / "tiny.gguf")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [binary, "--model", str(path), "--port", str(port), "--ctx-size", "512", "--threads", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(address, process)
        yield address
    finally:
        process.kill()
        process.wait()


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, f"llama-server exited with {process.returncode}"
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("llama-server was not healthy within 60 s")


def test_real_llama_server_answers(server: str) -> None:
    body = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 16}
    request = urllib.request.Request(
        f"{server}/v1/chat/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        reply = json.load(answer)
    assert reply["usage"]["completion_tokens"] == 16
    assert len(reply["choices"][0]["message"]["content"].split()) >= 8
