"""Models that nobody wrote, made of what a lock says of a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llamafleet.compiler import Compiled, compile_file
from llamafleet.fleet.model import Fleet
from llamafleet.fleet.observed import ObservedFile, ObservedFolder, ObservedWeights
from llamafleet.gguf.compact import to_json
from llamafleet.lock.discovered import folder_tree
from llamafleet.lock.model import Lock
from llamafleet.lock.text import read_lock, write_lock
from llamafleet.plan import plan_host
from llamafleet.targets.swap.block import LlamaSwap
from tests.picture.fleets import facts

FLEET = """
fleet 1

gpu card {
    vendor = nvidia
    arch   = sm_86
    vram   = 24GiB
}

host a {
    gpus       = [card]
    models-dir = "/models"
}

host b {
    gpus = [card]
}

build cuda {
    ref     = "b11434"
    backend = cuda
}

defaults model {
    ctx-size = 4096
    ttl      = 5m
}

gguf mine {
    path = "/models/mine.gguf"
}

gguf hub {
    hf-repo = "org/name"
    hf-file = "hub.gguf"
}

model chat {
    gguf    = mine
    aliases = ["taken"]
}

model other {
    gguf = hub
}
"""

SWAP = """
llama-swap %(name)s {
    host   = %(name)s
    build  = cuda
    models = [%(models)s]

    discover "/models" {}
%(more)s
}
"""


def weights(name: str, *files: str, mmproj: str | None = None, shape: str = "") -> ObservedWeights:
    known = to_json(facts(shape)) if shape else None
    return ObservedWeights(
        name, tuple(ObservedFile(f"/models/{each}", 1000, 5) for each in files), mmproj, known
    )


def folder(
    *models: ObservedWeights, projectors: tuple[ObservedWeights, ...] = ()
) -> ObservedFolder:
    return ObservedFolder(("*.gguf",), (), models, projectors)


def compiled(
    folders: dict[str, ObservedFolder], more: str = "", models: str = "chat", fleet: str = FLEET
) -> Compiled:
    """A fleet with a llama-swap on each host of `folders`, called as the host."""
    text = fleet + "".join(
        SWAP % {"name": name, "models": models if name == "a" else "other", "more": more}
        for name in folders
    )
    lock = write_lock(Lock("f", discovered={n: {"/models": each} for n, each in folders.items()}))
    files = {"f": text.encode(), "fleet.lock": lock.encode()}

    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    return compile_file("f", read)


def fleet_of(found: Compiled) -> Fleet:
    assert found.fleet is not None, [each.message for each in found.diagnostics]
    return found.fleet


def swap(fleet: Fleet, name: str = "a") -> LlamaSwap:
    service = fleet.services[name]
    assert isinstance(service, LlamaSwap)
    return service


def test_it_is_a_model_with_the_defaults() -> None:
    eyes = weights("", "mmproj-x.gguf")
    seen = folder(
        weights("x", "x.gguf", mmproj="/models/mmproj-x.gguf"),
        weights("big", "big-00001-of-00002.gguf", "big-00002-of-00002.gguf"),
        projectors=(eyes,),
    )
    fleet = fleet_of(compiled({"a": seen}))
    assert swap(fleet).models == ("chat", "x", "big")
    assert swap(fleet).discovered == ("x", "big")
    model = fleet.models["x"]
    assert (model.flag("ctx-size"), model.ttl) == ("4096", 300)
    assert (model.gguf, model.mmproj) == ("/models/x.gguf", "/models/mmproj-x.gguf")
    plan = plan_host(fleet, "a")
    assert [(each.path, each.download, each.gguf.size) for each in plan.ggufs][1:] == [
        ("/models/x.gguf", False, 1000),
        ("/models/mmproj-x.gguf", False, 1000),
        ("/models/big-00001-of-00002.gguf", False, 1000),
        ("/models/big-00002-of-00002.gguf", False, 1000),
    ]
    config = next(each.content for each in plan.artifacts if each.path.endswith(".yaml"))
    assert "--model /models/big-00001-of-00002.gguf" in config
    assert "--mmproj /models/mmproj-x.gguf" in config


def test_what_is_written_comes_first() -> None:
    seen = folder(
        weights("mine", "mine.gguf"),
        weights("hub", "org/name/hub.gguf"),
        weights("chat", "deep/chat.gguf"),
        weights("taken", "taken.gguf"),
        weights("alias", "alias.gguf"),
    )
    selector = "    selector alias {\n        strategy = warm\n        targets = [chat]\n    }\n"
    fleet = fleet_of(compiled({"a": seen}, selector, models="chat, other"))
    assert swap(fleet).discovered == ("deep-chat", "taken-2", "alias-2")


def test_a_new_file_moves_no_port_and_no_name() -> None:
    one, other = weights("z", "z.gguf"), weights("a", "a.gguf")
    before, after = (
        swap(fleet_of(compiled({"a": folder(*each)}))) for each in ((one,), (one, other))
    )
    ports = [dict(zip(each.models, each.ports, strict=True)) for each in (before, after)]
    assert ports[0].items() <= ports[1].items()


def test_two_hosts_with_one_file_share_a_model() -> None:
    seen = folder(weights("x", "x.gguf"))
    fleet = fleet_of(compiled({"a": seen, "b": seen}))
    assert swap(fleet, "a").discovered == swap(fleet, "b").discovered == ("x",)


def test_two_hosts_with_other_files_of_one_path_do_not() -> None:
    larger = ObservedWeights("x", (ObservedFile("/models/x.gguf", 2000, 5),))
    fleet = fleet_of(compiled({"a": folder(weights("x", "x.gguf")), "b": folder(larger)}))
    assert (swap(fleet, "a").discovered, swap(fleet, "b").discovered) == (("x",), ("x-2",))
    sizes = [fleet.ggufs[fleet.models[each].gguf or ""].size for each in ("x", "x-2")]
    assert sizes == [1000, 2000]
    assert [each.path for each in plan_host(fleet, "b").ggufs] == [
        "/var/lib/llamafleet/models/org/name/hub.gguf", "/models/x.gguf",
    ]  # fmt: skip


def test_it_needs_no_set_of_a_matrix() -> None:
    matrix = "    matrix {\n        set all = chat & other\n    }\n"
    found = compiled({"a": folder(weights("x", "x.gguf"))}, matrix, models="chat, other")
    assert not [each for each in found.diagnostics if each.code == "model-in-no-set"]


def test_its_memory_is_checked_as_any_other() -> None:
    found = compiled({"a": folder(weights("huge", "huge.gguf", shape="qwen2.5-72b"))})
    (problem,) = (each for each in found.diagnostics if each.code == "vram-overcommit")
    assert '"huge"' in problem.message
    assert problem.severity == "error"


def test_a_model_that_nobody_wrote_can_be_named() -> None:
    matrix = "    matrix {\n        set both = chat & x\n    }\n"
    found = compiled({"a": folder(weights("x", "x.gguf"))}, matrix)
    assert swap(fleet_of(found)).matrix is not None


@pytest.mark.parametrize(
    ("name", "path", "size"),
    [
        ("x", "/models/a b.gguf", 1), ("x", "models/x.gguf", 1), ("x", "/models/x.gguf", -1),
        ("x\n- y", "/models/x.gguf", 1), ("", "/models/x.gguf", 1), ("x", "/models/x\n.gguf", 1),
        ("x", "/models/x.gguf", True),
    ],
)  # fmt: skip
def test_a_lock_with_something_else_is_refused(name: str, path: str, size: int) -> None:
    file = {"file": path, "size": size, "mtime": 5}
    tree = folder_tree(folder())
    tree["models"] = [{"name": name, "mmproj": None, "facts": None, "files": [file]}]
    text = {"lock": 1, "ggufs": {}, "discovered": {"a": {"/models": tree}}}
    assert "a part is missing or malformed" in str(read_lock(json.dumps(text)))


def test_a_lock_is_written_as_it_was_read() -> None:
    lock = Path(__file__).parents[2] / "examples" / "nas" / "fleet.lock"
    text = lock.read_text(encoding="utf-8")
    found = read_lock(text)
    assert isinstance(found, Lock)
    assert write_lock(found) == text


@pytest.mark.parametrize("label", ["models", "/models/", "/", "/a/../b", "/a//b", "/a b", "/."])
def test_a_folder_is_an_absolute_path_in_one_spelling(label: str) -> None:
    more = f'    discover "{label}" {{}}\n'
    assert "bad-name" in {each.code for each in compiled({"a": folder()}, more).diagnostics}


def test_a_folder_stands_once() -> None:
    found = compiled({"a": folder()}, '    discover "/models" {}\n')
    assert "duplicate-name" in {each.code for each in found.diagnostics}
