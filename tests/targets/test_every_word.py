"""One fleet that says everything: what llama-swap is given, and that the real one takes it so."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from llamafleet.compiler import compile_text
from llamafleet.explain import schemas
from llamafleet.fleet.schema.model_keys import MODEL, MODEL_UPSTREAM_PATHS
from llamafleet.fleet.schema.swap_service import UPSTREAM_PATHS
from llamafleet.language.formatter import format_file
from llamafleet.language.parser import parse
from llamafleet.language.syntax import Attribute, Block, Directive, MatrixSet
from llamafleet.llama_swap.versions import SINCE, since
from llamafleet.plan import plan_host
from llamafleet.source import Source
from llamafleet.targets.swap.schema import SCHEMA
from tests.conformance.process import LlamaSwap, free_ports, llama_swap
from tests.lab.llama_swap import find_llama_swap

HERE = Path(__file__).parent
FLEET = HERE / "every_word.fleet"
RENDERED = HERE / "every_word.yaml"
# Words of a model that have to do with what it runs, and are tested there.
ABOUT_FLAGS = {"like", "mmproj", "draft", "gpus", "vram", "extra-args"}
ABOUT_THE_UNIT = {"user", "group", "restart", "restart-sec", "watch-config", "sha256", "build"}

ECHO = """
import http.server, json, sys

class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(b"{}")
    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
"""


def rendered(text: str) -> str:
    """llama-swap's configuration of a fleet."""
    found = compile_text(text)
    assert found.fleet is not None, [each.message for each in found.diagnostics]
    [path] = [x for x in plan_host(found.fleet, "h").artifacts if x.path.endswith(".yaml")]
    return path.content


def test_it_renders_as_kept(update_goldens: bool) -> None:
    text = rendered(FLEET.read_text())
    if update_goldens:
        RENDERED.write_text(text)
    assert text == RENDERED.read_text()


def test_it_is_in_canonical_form() -> None:
    text = FLEET.read_text()
    assert format_file(Source("x", text)).text == text


def words(block: Block) -> Iterator[tuple[str, str]]:
    """Block kind and key, of a block and of those in it."""
    holder = "model" if block.kind.text == "defaults" else block.kind.text
    for entry in block.entries:
        match entry:
            case Attribute(key):
                yield holder, key.text
            case Block(kind):
                yield holder, kind.text
                yield from words(entry)
            case MatrixSet():
                pass


def test_no_word_of_llama_swap_is_left_out() -> None:
    file, _ = parse(Source("x", FLEET.read_text()))
    said = {x for each in file.entries if not isinstance(each, Directive) for x in words(each)}
    kinds = {each.kind: each for each in schemas()}
    wanted = {("model", key.name) for key in MODEL.keys if not key.upstream.startswith("--")}
    wanted -= {("model", word) for word in ABOUT_FLAGS}
    wanted |= {("model", block.kind) for block in MODEL.blocks}
    service = [SCHEMA, *(kinds[block.kind] for block in SCHEMA.blocks if block.kind != "matrix")]
    for schema in service:
        wanted |= {(schema.kind, key.name) for key in schema.keys}
        wanted |= {(schema.kind, block.kind) for block in schema.blocks}
    wanted -= {("llama-swap", word) for word in {*ABOUT_THE_UNIT, "listen", "start-port", "matrix"}}
    # `discover` finds models on the host, before llama-swap is told of any.
    wanted -= {each for each in wanted if "discover" in each}
    # What only passes through is tried key by key: test_every_key_is_rendered.py.
    wanted -= {(each.block or "llama-swap", each.key.name) for each in UPSTREAM_PATHS}
    wanted -= {(each.block or "model", each.key.name) for each in MODEL_UPSTREAM_PATHS}
    assert wanted - said == set()


# Versions.


def paths(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all keys."""
    for key, value in tree.items() if isinstance(tree, dict) else ():
        yield (*path, key)
        yield from paths(value, (*path, key))


OURS = {"llamafleet", "digest", "build", "logToStdout"}
"""What we add where it is known, without being asked."""


def age(config: Any) -> int:
    """The oldest release that knows every key of a configuration."""
    found = (since(*path) or 0 for path in paths(config) if path[-1] not in OURS)
    return max(found)


@pytest.mark.parametrize("version", sorted(set(SINCE.values()) | {163, 201, 224, 240, 248, 250}))
def test_nothing_is_rendered_that_a_release_does_not_know(version: int) -> None:
    """Either everything is known to it, or something is refused, whose hints lead to success."""
    text = FLEET.read_text()
    compiled = compile_text(text.replace('"v250"', f'"v{version}"'))
    needed = {each.hint for each in compiled.diagnostics if each.code == "version-needed"}
    if not needed:
        assert compiled.fleet is not None
        assert age(yaml.safe_load(RENDERED.read_text())) <= version
        return
    assert compiled.fleet is None
    enough = max(int(hint.split('"v')[1].split('"')[0]) for hint in needed if '"v' in hint)
    assert enough == age(yaml.safe_load(RENDERED.read_text()))
    assert compile_text(text.replace('"v250"', f'"v{enough}"')).fleet is not None


# The real program.


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaSwap]:
    """llama-swap with the rendered configuration, its store and its echo in a folder of ours."""
    folder = tmp_path_factory.mktemp("every-word")
    binary = find_llama_swap(folder)
    if binary.kind != "real":
        pytest.skip(f"{binary} does not know every word: they were NOT tried on a real llama-swap")
    (folder / "echo.py").write_text(ECHO)
    text = FLEET.read_text().replace("/tmp/store.db", str(folder / "store.db"))
    command = f'"{sys.executable}", "{folder}/echo.py", "${{PORT}}"'
    first = free_ports(1)[0]
    text = text.replace('"ECHO", "${PORT}"', command)
    text = text.replace("    preload", f"    start-port = {first}\n    preload")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWAP_KEY", 'key "with" \\ marks'.replace(" ", "_"))
        patch.setenv("BOX_KEY", "box")
        with llama_swap(binary.path, rendered(text), folder) as process:
            yield process


def asked(running: LlamaSwap, path: str, body: object = None) -> Any:
    """What it answers to somebody who has the key."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": 'Bearer key_"with"_\\_marks', "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{running.port}{path}", data, headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def test_who_has_no_key_gets_nothing(running: LlamaSwap) -> None:
    assert running.request("GET", "/v1/models").status == 401


def test_the_list_has_models_aliases_variants_selectors_and_peers(running: LlamaSwap) -> None:
    listed = {each["id"]: each for each in asked(running, "/v1/models")["data"]}
    assert set(listed) >= {
        *("chat", "talk", "chat:low", "high", "there", "elsewhere", "verbatim"),
        *("best", "far/away", "box/big", "box/small"),
    }
    meta = listed["chat"]["meta"]["llamaswap"]
    assert (meta["owner"], meta["limits"]) == ("somebody", [1, 2.5])
    assert set(meta["aliases"]) == {"talk", "chat:low", "high"}
    assert listed["chat"]["context_length"] == 4096
    assert listed["best"]["meta"]["llamaswap"]["tier"] == 1
    assert "when nobody waits" in json.dumps(asked(running, "/api/profiles"))


CHAT = {"messages": [{"role": "user", "content": "hi"}], "top_p": 1, "seed": 2, "temperature": 9}


@pytest.mark.parametrize(
    ("name", "effort"), [("chat", None), ("talk", None), ("chat:low", "low"), ("high", "high")]
)
def test_requests_are_changed_as_the_model_says(
    running: LlamaSwap, name: str, effort: str | None
) -> None:
    got = asked(running, "/v1/chat/completions", {"model": name, **CHAT})
    assert got["model"] == "upstream/name"
    assert got["temperature"] == 0.7
    assert got["stop"] == ["a", 1, True, None, []]
    assert got["chat_template_kwargs"] == {"enable_thinking": False, "odd key": {}}
    assert not {"top_p", "seed"} & set(got)
    assert got.get("reasoning_effort") == effort


def test_commands_in_its_own_words_get_our_port(running: LlamaSwap) -> None:
    config = yaml.safe_load(running.config.read_text())
    port = config["models"]["verbatim"]["proxy"].rsplit(":", 1)[1]
    assert config["models"]["verbatim"]["cmd"] == f"/bin/sleep {port}"
