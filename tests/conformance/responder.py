"""A model server for tests: answers `/health` after a while and chats in numbered words.

    responder.py --port N [--load SECONDS] [--ignore-term] [--exit-after SECONDS]

Standard library only: it is started by whatever python3 the machine has.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast


class Responder(ThreadingHTTPServer):
    """The listening socket, and when its model counts as loaded."""

    daemon_threads = True
    ready_at = 0.0


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Health, and `/echo` for everything else."""
        loading = time.monotonic() < cast(Responder, self.server).ready_at
        if self.path == "/health":
            status = 503 if loading else 200
            self._send({"status": "loading" if loading else "ok"}, status)
        elif self.path == "/crash":
            os._exit(3)
        else:
            self._send({"path": self.path})

    def do_POST(self) -> None:
        """A chat completion of `max_tokens` words; after the first it waits for the file `gate`."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        words = [f"word{at}" for at in range(int(body.get("max_tokens", 3)))]
        if body.get("stream"):
            self._stream(words, body.get("gate"))
            return
        message = {"role": "assistant", "content": " ".join(words)}
        self._send(
            {"path": self.path, "model": body.get("model"), "choices": [{"message": message}]}
        )

    def _send(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, words: list[str], gate: str | None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        events = [json.dumps({"choices": [{"delta": {"content": each}}]}) for each in words]
        for event in (*events, "[DONE]"):
            line = f"data: {event}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
            wait_for(gate)
        self.wfile.write(b"0\r\n\r\n")


def wait_for(gate: str | None) -> None:
    """Wait until a file exists, for a minute at most."""
    deadline = time.monotonic() + 60
    while gate and not Path(gate).exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--load", type=float, default=0.0)
    parser.add_argument("--ignore-term", action="store_true")
    parser.add_argument("--exit-after", type=float)
    given = parser.parse_args()
    if given.ignore_term:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if given.exit_after is not None:
        threading.Timer(given.exit_after, lambda: os._exit(3)).start()
    server = Responder(("127.0.0.1", given.port), Handler)
    server.ready_at = time.monotonic() + given.load
    server.serve_forever()


if __name__ == "__main__":
    main()
