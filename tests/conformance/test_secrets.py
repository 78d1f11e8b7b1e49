"""Secrets that an import moved out reach the processes that this machine's llama-swap starts.

What they start is a stand-in that writes its arguments and its variables down, and answers.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
import yaml

from llamafleet.compiler import compile_text
from llamafleet.importers.dispatch import ImportOptions, SourceKind, import_source
from llamafleet.source import Source
from tests.conformance.process import llama_swap
from tests.conformance.test_rendered import swaps
from tests.lab.llama_swap import LlamaSwapBinary

STAND_IN = """#!{python}
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
names = ("LLAMA_API_KEY", "HF_TOKEN", "OTHER_TOKEN")
told = (sys.argv[1:], {{name: os.environ.get(name) for name in names}})
with open({out!r} + "/" + sys.argv[sys.argv.index("--alias") + 1], "w") as file:
    file.write(repr(told))
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")
port = int(sys.argv[sys.argv.index("--port") + 1])
HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
KEYS = ["sesame-1", "sesame one", 'ses"ame', "ses'ame=1", "ses\\ame", "$HOME ses#ame", "a: {b}, %x"]


def quoted(text: str) -> str:
    """A word of a command line, in quotes of llama-swap's."""
    return "'" + text.replace("'", "'\\''") + "'"


@pytest.mark.parametrize("key", KEYS)
def test_processes_get_what_they_got_before(
    llama_swap_binary: LlamaSwapBinary, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, other = tmp_path / "llama-server", tmp_path / "serve"
    for program in (server, other):
        program.write_text(STAND_IN.format(python=sys.executable, out=str(tmp_path)))
        program.chmod(0o755)
    commands = {
        "flag": f"{server} --alias flag --port ${{PORT}} --model /m/a.gguf --api-key {quoted(key)}",
        "plain": f"{server} --alias plain --port ${{PORT}} --model /m/b.gguf",
        "serve": f"{other} --alias serve --port ${{PORT}} --api-key {quoted(key)} --more 'x y'",
    }
    models = {name: {"cmd": cmd} for name, cmd in commands.items()}
    models["serve"]["env"] = [f"OTHER_TOKEN={key}"]  # type: ignore[assignment]
    source = Source("c.yaml", yaml.safe_dump({"models": models}))
    result = import_source(source, SourceKind.LLAMA_SWAP, ImportOptions())
    assert result.text is not None
    assert key not in result.text
    assert result.differences() == []
    for secret in result.secrets:
        monkeypatch.setenv(secret.variable, secret.value)
    (artifact, _), *_ = swaps(compile_text(result.text))
    assert key not in artifact.content
    with llama_swap(llama_swap_binary.path, artifact.content, tmp_path) as process:
        for name in models:
            answer = process.request("GET", f"/upstream/{name}/")
            assert answer.status == 200, (answer, process.output)
    told = {name: ast.literal_eval((tmp_path / name).read_text()) for name in models}
    assert key not in told["flag"][0]
    assert told["flag"][1]["LLAMA_API_KEY"] == key
    assert told["plain"][1]["LLAMA_API_KEY"] is None
    words = told["serve"][0]
    assert words[words.index("--api-key") + 1 :] == [key, "--more", "x y"]
    assert told["serve"][1]["OTHER_TOKEN"] == key
