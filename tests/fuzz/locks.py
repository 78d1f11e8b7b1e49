"""Locks, right and damaged, beside a fleet that asks for them: an answer, and soon."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from llamafleet.compiler import compile_file
from llamafleet.diagnostics.as_text import as_text
from llamafleet.lock.model import Lock
from llamafleet.lock.text import read_lock, write_lock
from tests.fuzz import corpus
from tests.fuzz.fleets import rendered
from tests.fuzz.gguf_inputs import ARCHITECTURES, KEYS, SMALL
from tests.fuzz.mutate import mutated

FLEET = """\
fleet 1
gpu g {
    vendor = nvidia
    arch = sm_86
    vram = 24GiB
}
host h {
    gpus = [g, g]
    ram = 64GiB
    disk = 100GB
}
build b {
    ref = "master"
    backend = cuda
}
gguf w {
    hf = "o/r:Q4_K_M"
}
gguf v {
    path = "/v.gguf"
}
model a {
    gguf = w
    %s
}
model c {
    gguf = v
}
llama-swap s {
    host = h
    build = b
    models = [a, c]
    %s
}
"""
SAID = ("", "mmproj = v", "draft = v", "ctx-size = 4096", "ctx-size = 2147483647\nparallel = 512",
        "n-cpu-moe = 2147483647", "cache-type-k = q8_0", "split-mode = tensor",
        "tensor-split = [1, 9]",
        'override-tensor = ["blk=CPU"]', "ubatch-size = 1000000", "gpus = [1]",
        "flash-attn = off")  # fmt: skip
MATRICES = ("", "", "matrix {\nset x = a & c\n}", "matrix {\nsets = auto\nevict-cost = auto\n}")
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e308, float("inf"), float("nan"), 2**31, 2**63, 2**64, 10**400, "",
    "x", "é",
    "\ud800", "../x", "/x", "a\nb", "0" * 64, "0-1048576", "0-999999", "0-999999," * 9, "9-0", [],
    {},
    [[]], {"": 0}, [None], "blk.0.x F32 1", "x F32 " + "9x" * 200 + "9", "x F32 0x0", "x Q4_K -256",
    "x F32 1x99999999999999999999", [1] * 600, "x" * 5000, "\x1b[31m", 2**31 - 1, 512, 513, 10**6,
)  # fmt: skip
TENSORS = (
    "token_embd.weight Q4_K 256x512",
    "output.weight F16 256x512",
    "output_norm.weight F32 256",
)
BLOCK = ("attn_q.weight Q4_K 256x256", "attn_k.weight Q4_K 256x256",
         "attn_output.weight Q4_K 256x256",
         "ffn_up.weight Q4_K 256x1024", "ffn_down.weight Q4_K 1024x256",
         "ffn_gate.weight Q4_K 256x1024",
         "ffn_up_exps.weight Q4_K 256x256x8")  # fmt: skip


def _facts(random: Random) -> dict[str, Any]:
    metadata: dict[str, Any] = {key: random.choice(SMALL) for key in KEYS[:5]}
    for key in random.sample(KEYS, random.randrange(8)):
        metadata[key] = random.choice((*SMALL, *ODD))
    blocks = {"blk": f"0-{random.choice((0, 1, 3))}", "tensors": random.sample(BLOCK, 4)}
    return {
        "architecture": random.choice(ARCHITECTURES),
        "vocabulary": random.choice((512, 512, 0, 2**31)),
        "metadata": metadata,
        "files": [{"data": 1024, "end": 10**6, "alignment": 32, "tensors": [*TENSORS, blocks]}],
    }


def _locked(asked: dict[str, str], file: str, random: Random) -> dict[str, Any]:
    files = [{"file": file, "size": 10**9, "sha256": random.choice((None, "0" * 64))}]
    return {"asked": asked, "revision": "0123abcd", "files": files, "facts": _facts(random)}


def _tree(random: Random) -> dict[str, Any]:
    asked = {"repo": "o/r", "revision": "main", "quant": "Q4_K_M"}
    measured = {
        "when": "2026-01-01",
        "key": {},
        "devices": {"CUDA0": {"weights": 1.5}},
        "host": 9.0,
    }
    return {
        "lock": 1,
        "fleet": "fleet.fleet",
        "ggufs": {
            "w": _locked(asked, "d/w.gguf", random),
            "v": _locked({"path": "/v.gguf"}, "/v.gguf", random),
        },
        "builds": {"b": {"asked": {"source": "git", "ref": "master"}, "commit": "0123abcd"}},
        "releases": {"v250": {"x86_64": "0" * 64}},
        "measured": {"h": {"s": {"a": measured}}},
    }


def _damaged(tree: Any, random: Random) -> Any:
    """The tree with one of its parts replaced, gone, or put in twice."""
    if not tree or random.randrange(9) == 0 or not isinstance(tree, dict | list):
        return random.choice(ODD)
    keys: list[Any] = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
    key = random.choice(keys)
    copy = tree.copy()
    match random.randrange(8):
        case 0:
            del copy[key]
        case 1 if isinstance(copy, dict):
            copy[random.choice(("", "x", "é\n", *keys))] = copy[key]
        case _:
            copy[key] = _damaged(copy[key], random)
    return copy


def make(random: Random) -> tuple[str, bytes]:
    """A fleet and the bytes of its lock."""
    fleet = FLEET % (random.choice(SAID), random.choice(MATRICES))
    tree = _tree(random)
    for _ in range(random.randrange(4)):
        tree = _damaged(tree, random)
    text = json.dumps(tree, ensure_ascii=bool(random.randrange(2)))
    if random.randrange(4) == 0:
        words = tuple(json.dumps(each) for each in ODD if each != 10**400)
        text = mutated(text, random, words, (text, *corpus.texts("examples/auto_sets/fleet.lock")))
    return fleet, text.encode("utf-8", "surrogatepass")


def read(made: tuple[str, bytes]) -> str:
    """Check the fleet with its lock, and render it where it is accepted."""
    fleet, lock = made
    found = read_lock(lock.decode("utf-8", "replace"))
    if isinstance(found, Lock):
        assert read_lock(write_lock(found)) == found or "NaN" in write_lock(found)

    def of(path: str) -> bytes:
        return lock if path.endswith(".lock") else fleet.encode()

    compiled = compile_file("d/fleet.fleet", of)
    as_text(compiled.diagnostics, compiled.sources).encode("utf-8", "backslashreplace")
    if compiled.fleet is None:
        return "errors"
    rendered(compiled.fleet)
    return "accepted"
