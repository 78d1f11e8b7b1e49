"""Flags, signals and the life of the process."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from .config import Config, load_config
from .groups import Groups
from .handler import VERSION
from .refusal import RefusedError
from .router import Router
from .server import Server
from .upstream import UpstreamError

SHUTDOWN_SECONDS = 30.0
LEVELS = ("DEBUG", "INFO", "WARN", "ERROR")


class Fatal(SystemExit):
    """The process ends with status 1 after one line."""

    def __init__(self, message: str, **details: str) -> None:
        words = " ".join(f"{key}={_quoted(value)}" for key, value in details.items())
        now = time.strftime("%Y/%m/%d %H:%M:%S")
        print(f"{now} ERROR {message} {words}".rstrip(), file=sys.stderr)
        super().__init__(1)


def _quoted(value: str) -> str:
    plain = value and not set(value) & set(' ="\n')
    return value if plain else json.dumps(value, ensure_ascii=False)


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """llama-swap's flags, with one dash or two."""
    parser = argparse.ArgumentParser(
        prog="llama-swap",
        description="A double of llama-swap for tests: same flags, endpoints and evictions.",
    )
    parser.add_argument("-config", "--config", default="")
    parser.add_argument("-listen", "--listen", default=":8080")
    parser.add_argument("-watch-config", "--watch-config", action="store_true")
    parser.add_argument("-version", "--version", action="store_true")
    return parser.parse_args(words)


class LlamaSwap:
    """The running double: one server, whose router a reload replaces."""

    def __init__(self, config: Config, path: Path, listen: str) -> None:
        self.path = path
        self.level = config.log_level
        self.lines: list[str] = []
        self.reloading = threading.Lock()
        self.log("INFO", f"this is llamafleet's double of llama-swap {VERSION}, for tests")
        self.server = Server(listen, self.router(config))
        self.server.lines = self.lines
        self.log("INFO", f"llama-swap listening on http://{listen}")

    def router(self, config: Config) -> Router:
        """The router of a config."""
        if isinstance(config.router, Groups) and config.router.unknown is not None:
            unknown = config.router.unknown
            raise RefusedError(f'creating group router: no model config for "{unknown}"')
        return Router(config, self.log)

    def log(self, level: str, message: str) -> None:
        """One line to standard output and to `/logs`."""
        wanted = self.level.upper() if self.level.upper() in LEVELS else "INFO"
        if LEVELS.index(level) >= LEVELS.index(wanted):
            line = f"[{level}] {message}\n"
            self.lines.append(line)
            del self.lines[:-1000]
            sys.stdout.write(line)
            sys.stdout.flush()

    def preload(self, router: Router) -> None:
        """Load what `hooks.on_startup.preload` names, one after the other."""
        for model in router.config.preload:
            self.log("INFO", f"preloading model: {model}")
            with contextlib.suppress(UpstreamError), router.serving(model, lambda: True):
                pass

    def reload(self) -> None:
        """Start a new router, then stop the old one; a bad config changes nothing."""
        if not self.reloading.acquire(blocking=False):
            return
        try:
            self.log("INFO", "reloading configuration")
            try:
                router = self.router(load_config(self.path))
            except RefusedError as error:
                self.log("WARN", f"failed to reload config: {error}")
                return
            old, self.server.router = self.server.router, router
            self.level = router.config.log_level
            threading.Thread(target=self.preload, args=(router,), daemon=True).start()
            old.close(SHUTDOWN_SECONDS)
            self.log("INFO", "configuration reloaded")
        finally:
            self.reloading.release()

    def watch(self) -> None:
        """Reload when the file's time or size changes, looked at every two seconds."""

        def state() -> tuple[float, int]:
            try:
                found = self.path.stat()
            except OSError:
                return 0.0, 0
            return found.st_mtime, found.st_size

        last = state()
        while True:
            time.sleep(2)
            now = state()
            if now != last and now != (0.0, 0):
                self.reload()
            last = now

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then stop every model."""
        ended = threading.Event()

        def on_end(number: int, _: object) -> None:
            threading.Timer(SHUTDOWN_SECONDS + 5, lambda: os._exit(1)).start()
            name = "interrupt" if number == signal.SIGINT else "terminated"
            self.log("INFO", f"received signal {name}, shutting down")
            ended.set()

        def on_reload(*_: object) -> None:
            threading.Thread(target=self.reload, daemon=True).start()

        signal.signal(signal.SIGTERM, on_end)
        signal.signal(signal.SIGINT, on_end)
        signal.signal(signal.SIGHUP, on_reload)
        threading.Thread(target=self.server.serve_forever, args=(0.1,), daemon=True).start()
        threading.Thread(target=self.preload, args=(self.server.router,), daemon=True).start()
        while not ended.wait(1):  # a signal is only seen between waits
            pass
        deadline = time.monotonic() + SHUTDOWN_SECONDS
        self.server.shutdown()
        self.server.server_close()
        self.server.drain(deadline - time.monotonic())
        self.server.router.close(max(0.001, deadline - time.monotonic()))
        self.log("INFO", "shutdown complete")
        sys.stdout.flush()
        os._exit(0)


def main(words: Sequence[str] | None = None) -> None:
    """The program."""
    given = arguments(sys.argv[1:] if words is None else words)
    if given.version:
        print(f"version: {VERSION} (double), built at unknown")
        return
    if not given.config:
        raise Fatal("at least one of -config or -config-dir must be provided")
    where = {"config": given.config, "config-dir": ""}
    try:
        config = load_config(Path(given.config))
    except RefusedError as error:
        raise Fatal("failed to load config", **where, error=str(error)) from None
    try:
        running = LlamaSwap(config, Path(given.config), given.listen)
    except RefusedError as error:
        raise Fatal("failed to create server", error=str(error)) from None
    except OSError as error:
        raise Fatal("http server error", error=str(error)) from None
    if given.watch_config:
        threading.Thread(target=running.watch, daemon=True).start()
    running.run()
