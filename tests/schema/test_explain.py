"""`llamafleet explain`, and the pages that are made from the same tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from llamafleet.explain import UnknownWordError, explain, schemas
from llamafleet.rules.codes import CODES

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("ctx-size", ["ctx-size, in model and defaults: a whole number", "-c, --ctx-size"]),
        ("model.ctx-size", ["ctx-size, in model: a whole number"]),
        ("-ngl", ["n-gpu-layers, in model and defaults", "default: auto"]),
        ("--gpu-layers", ["-ngl, --gpu-layers, --n-gpu-layers"]),
        ("warmup", ["--warmup, --no-warmup"]),
        ("llama-swap.listen", ['default: 127.0.0.1:8080']),
        ("llama-swap.health-check-timeout", ["default: 120s", "upstream: healthCheckTimeout"]),
        ("gguf", ["gguf NAME { ... }", "gguf, in model: the name of a gguf"]),
        ("gguf.path", ["path, in gguf: an absolute path"]),
        ("host", ["models-dir"]),
        ("matrix", ["set NAME = a & (b | c)", "evict-cost { ... }"]),
        ("model", ["flags of llama-server b11434"]),
        ("port", ["port is no key of a model", "llamafleet allocates ports"]),
        ("mmap", ["write load-mode = mmap"]),
        ("unknown-key", ["unknown-key (error)"]),
        ("fim-qwen-1.5b-default", ["declare the weights in a gguf block"]),
    ],
)  # fmt: skip
def test_explain(word: str, parts: list[str]) -> None:
    """Kinds, keys, flags in any spelling, and codes."""
    text = explain(word)
    for part in parts:
        assert part in text


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("ctx-sise", 'did you mean "ctx-size"?'),
        ("nginx.lisen", 'did you mean "listen"?'),
        ("nginx.ctx-size", "run llamafleet explain nginx for its keys"),
        ("frobnicate", "the block kinds are gpu, host, build"),
        ("", "the block kinds are"),
    ],
)
def test_unknown_word(word: str, message: str) -> None:
    """What means nothing gets the nearest thing that does."""
    with pytest.raises(UnknownWordError) as caught:
        explain(word)
    assert message in str(caught.value)


def test_everything_can_be_explained() -> None:
    """Every kind, every key of it, and every code."""
    for schema in schemas():
        assert explain(schema.kind).startswith(schema.kind)
        for key in schema.keys:
            assert key.name in explain(f"{schema.kind}.{key.name}")
    for code in CODES:
        assert explain(code)


def test_pages_are_up_to_date() -> None:
    """`docs/reference.md` and `docs/diagnostics.md` are what the tables and cases say."""
    command = [sys.executable, str(ROOT / "tools" / "reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
