#!/usr/bin/python3
"""Stands in for llama-server where none is compiled: it answers, and keeps to its folders.

It stops as llama-server does where `--slot-save-path` is no folder or its weights cannot be read,
and writes its `--log-file`.
"""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


def value(flag: str) -> str:
    """The argument after a flag; empty where the flag is not given."""
    return sys.argv[sys.argv.index(flag) + 1] if flag in sys.argv else ""


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.reply({"status": "ok"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        message = {"role": "assistant", "content": f"uid {os.getuid()}"}
        self.reply({"choices": [{"index": 0, "message": message}]})

    def reply(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if folder := value("--slot-save-path"):
    if not Path(folder).is_dir():
        sys.exit(f"not a directory: {folder}")
    Path(folder, "slot.bin").write_text("kept")
if log := value("--log-file"):
    Path(log).write_text("started\n")
try:
    Path(value("--model")).read_bytes()
except OSError as error:
    sys.exit(f"no weights: {error}")
HTTPServer((value("--host") or "127.0.0.1", int(value("--port"))), Answer).serve_forever()
