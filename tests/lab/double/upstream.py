"""One model's process: started on demand, polled until healthy, stopped with its whole group."""

from __future__ import annotations

import math
import os
import shlex
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from .config import ModelConfig

FIRST_CHECK = 0.25
BETWEEN_CHECKS = 1.0


class UpstreamError(Exception):
    """The process did not become ready."""


class Upstream:
    """States: `stopped`, `starting`, `ready`, `stopping`; `changed` is called on each change."""

    def __init__(
        self,
        config: ModelConfig,
        log: Callable[[str, str], None],
        changed: Callable[[], None],
        quiet: bool,
    ) -> None:
        self.config = config
        self.state = "stopped"
        self.in_flight = 0
        self.last_use = -math.inf  # never: a model that nobody used is idle at once
        self._log = log
        self._changed = changed
        self._quiet = quiet
        self._process: subprocess.Popen[bytes] | None = None
        self._abort = threading.Event()
        self._lifecycle = threading.Lock()  # held while starting and while stopping

    def ensure_ready(self, timeout: float) -> None:
        """Start the process unless it is ready; waits for a stop that is under way."""
        with self._lifecycle:
            if self.state == "ready":
                return
            self._abort.clear()
            self._set("starting")
            try:
                process = self._start()
                self._wait_until_healthy(process, timeout)
            except UpstreamError:
                self._set("stopped")
                raise
            self._process = process
            self._set("ready")
        threading.Thread(target=self._watch, args=(process,), daemon=True).start()
        if self.config.ttl > 0:
            threading.Thread(target=self._unload_when_idle, args=(process,), daemon=True).start()

    def stop(self, grace: float) -> None:
        """Stop the process, also while it starts; returns when it is gone."""
        self._abort.set()
        with self._lifecycle:
            process, self._process = self._process, None
            if process is not None:
                self._set("stopping")
                self._terminate(process, grace)
            self._set("stopped")

    def _set(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._changed()

    def _start(self) -> subprocess.Popen[bytes]:
        command = split_command(self.config.cmd)
        if not command:
            raise UpstreamError("unable to get sanitized command: empty command")
        output = subprocess.DEVNULL if self._quiet else None
        given = (each.partition("=") for each in self.config.env if "=" in each)
        environment = {**os.environ, **{name: value for name, _, value in given}}
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                process_group=0,
            )
        except OSError as error:
            problem = f"fork/exec {command[0]}: {(error.strerror or '').lower()}"
            if "/" not in command[0]:
                problem = f'exec: "{command[0]}": executable file not found in $PATH'
            shown = " ".join(command)
            raise UpstreamError(f"failed to start command '{shown}': {problem}") from error

    def _wait_until_healthy(self, process: subprocess.Popen[bytes], timeout: float) -> None:
        if self.config.check_endpoint.strip() == "none":
            return
        deadline = time.monotonic() + timeout
        pause = FIRST_CHECK
        while True:
            if self._abort.wait(pause):
                self._terminate(process, 5)
                raise UpstreamError("aborted")
            if process.poll() is not None:
                raise UpstreamError("upstream command exited prematurely")
            if time.monotonic() > deadline:
                self._terminate(process, 5)
                raise UpstreamError(f"health check timed out after {_go_duration(timeout)}")
            if _answers(self.config.proxy.rstrip("/") + self.config.check_endpoint):
                where = self.config.proxy + self.config.check_endpoint
                self._log("INFO", f"<{self.config.id}> Health check passed on {where}")
                return
            pause = BETWEEN_CHECKS

    def _terminate(self, process: subprocess.Popen[bytes], grace: float) -> None:
        threading.Thread(target=self._ask_to_stop, args=(process,), daemon=True).start()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            _signal_group(process, signal.SIGKILL)
            process.wait()

    def _ask_to_stop(self, process: subprocess.Popen[bytes]) -> None:
        command = split_command(self.config.cmd_stop.replace("${PID}", str(process.pid)))
        if not command:
            _signal_group(process, signal.SIGTERM)
            return
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, process_group=0, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            self._log("WARN", f"[{self.config.id}] stop signal failed: {error}")

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        if self._process is process:
            self._process = None
            self._log("WARN", f"<{self.config.id}> upstream process exited unexpectedly")
            self._set("stopped")

    def _unload_when_idle(self, process: subprocess.Popen[bytes]) -> None:
        while self._process is process:
            time.sleep(1)
            idle = time.monotonic() - self.last_use
            if self._process is process and not self.in_flight and idle > self.config.ttl:
                ttl = self.config.ttl
                self._log("INFO", f"<{self.config.id}> Unloading model, TTL of {ttl}s reached")
                self.stop(self.config.unload_timeout)


def split_command(text: str) -> list[str]:
    """The arguments of a command: no shell; comment lines and backslashes at line ends go."""
    lines = []
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped.startswith("#"):
            continue
        lines.append(f"{stripped[:-1]} " if stripped.endswith("\\") else line)
    joined = "\n".join(lines)
    for closing in ("", "'", '"'):  # an open quote is closed at the end
        try:
            return shlex.split(joined + closing)
        except ValueError:
            continue
    return []


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        process.send_signal(number)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


def _go_duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
