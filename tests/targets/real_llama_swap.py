"""The real llama-swap on a loopback port, with a model m that answers with the path it got."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.lab.llama_swap import LlamaSwapBinary
from tests.targets.proxying import free_port

MODEL = """
import base64, hashlib, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("Upgrade") == "websocket":
            key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            accept = base64.b64encode(hashlib.sha1(key.encode()).digest())
            self.send_header("Sec-WebSocket-Accept", accept.decode())
            self.end_headers()
            self.connection.sendall(self.connection.recv(64))
            self.close_connection = True
            return
        self.reply()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.reply()

    def reply(self):
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Model).serve_forever()
"""


@contextmanager
def serving_m(
    binary: LlamaSwapBinary, folder: Path, settings: Mapping[str, object] | None = None
) -> Iterator[int]:
    """Yields the port of llama-swap; `settings` stand at the top of its configuration."""
    (folder / "model.py").write_text(MODEL)
    port, own = free_port(), free_port()
    model = {
        "cmd": f"{sys.executable} {folder}/model.py {own}",
        "proxy": f"http://127.0.0.1:{own}",
    }
    (folder / "c.yaml").write_text(json.dumps({**(settings or {}), "models": {"m": model}}))
    process = subprocess.Popen(
        [binary.path, "-config", str(folder / "c.yaml"), "-listen", f"127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    )
    try:
        wait_until_listening(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=40)


def wait_until_listening(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")
