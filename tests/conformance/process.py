"""A llama-swap under test: started with a config, spoken to over HTTP, stopped for certain."""

from __future__ import annotations

import contextlib
import errno
import http.client
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body as JSON, or the text where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return self.body


class RefusedConfigError(Exception):
    """llama-swap ended before it listened; the text is what it said, without its file's name."""


class LlamaSwap:
    """The running process."""

    def __init__(self, process: subprocess.Popen[str], port: int, config: Path) -> None:
        self.process = process
        self.port = port
        self.config = config
        self.output: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)

    def output_matching(self, pattern: str, start: int, seconds: float) -> str:
        """The first match in lines from number `start` on, or nothing after that time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := re.search(pattern, "".join(self.output[start:])):
                return found[0]
            time.sleep(0.02)
        return ""

    def request(self, method: str, path: str, body: object = None, timeout: float = 60) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            return Answer(answer.status, text, dict(answer.getheaders()))
        finally:
            connection.close()

    def running(self) -> dict[str, str]:
        """Models that run, with their state."""
        listed = self.request("GET", "/running").json["running"]
        return {each["model"]: each["state"] for each in listed}

    def wait_listening(self, seconds: float = 20) -> None:
        """Wait for `/health`; an early end is a refused config."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self._reader.join(5)
                raise RefusedConfigError("".join(self.output).strip())
            with contextlib.suppress(OSError):
                if self.request("GET", "/health", timeout=2).status == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"no answer on port {self.port}: {''.join(self.output)}")

    def stop(self, seconds: float = 40) -> int:
        """SIGTERM, and the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


@contextlib.contextmanager
def llama_swap(binary: Path, text: str, directory: Path) -> Iterator[LlamaSwap]:
    """Run `binary` with a config's text while the block runs."""
    config = directory / "config.yaml"
    config.write_text(text)
    port = free_ports(1)[0]
    process = _started([str(binary), "-config", str(config), "-listen", f"127.0.0.1:{port}"])
    running = LlamaSwap(process, port, config)
    try:
        running.wait_listening()
        yield running
    finally:
        if process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.stop()
        if process.poll() is None:
            process.kill()
            process.wait()


def _started(command: list[str]) -> subprocess.Popen[str]:
    """Start a program; on a crowded virtual machine exec may fail with EFAULT, so try again."""
    for attempt in range(3):
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        except OSError as error:
            if error.errno != errno.EFAULT or attempt == 2:
                raise
            time.sleep(0.2)
    raise AssertionError("not reached")


FIRST_PORT, LAST_PORT = 20000, 32000
"""Below the ports that the kernel hands out to clients, so that none of those takes one of ours."""

_next_port = itertools.count(os.getpid() * 97)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, and that no other call in this process gets soon."""
    found: list[int] = []
    while len(found) < count:
        port = FIRST_PORT + next(_next_port) % (LAST_PORT - FIRST_PORT)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
    return found
