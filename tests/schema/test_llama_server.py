"""Flags of llama-server as keys: the table, and the arguments that values become."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamafleet.fleet.schema import llama_server
from llamafleet.fleet.schema.model_keys import MODEL
from llamafleet.fleet.schema.values import Mismatch
from llamafleet.language.parser import parse
from llamafleet.language.syntax import Attribute, Block
from llamafleet.source import Source

ROOT = Path(__file__).parent.parent.parent


def argv(line: str) -> tuple[str, ...]:
    """The arguments that `key = value` becomes."""
    file, diagnostics = parse(Source("t", f"fleet 1\nmodel m {{\n{line}\n}}\n"))
    assert not list(diagnostics)
    block = file.entries[1]
    assert isinstance(block, Block)
    entry = block.entries[0]
    assert isinstance(entry, Attribute)
    key = MODEL.table[entry.key.text]
    assert not isinstance(key.type.read(entry.value), Mismatch), key.type.expected
    return llama_server.argv(llama_server.flags()[key.same_as or key.name], entry.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ctx-size = 4096", ("--ctx-size", "4096")),
        ("temp = 0.70", ("--temp", "0.70")),
        ("flash-attn = on", ("--flash-attn", "on")),
        ("cache-type-k = q4_0", ("--cache-type-k", "q4_0")),
        ("warmup = off", ("--no-warmup",)),
        ("warmup = on", ("--warmup",)),
        ("kv-offload = off", ("--no-kv-offload",)),
        ("mmproj-auto = off", ("--no-mmproj",)),
        ("metrics = on", ("--metrics",)),
        ("metrics = off", ()),
        ("no-host = on", ("--no-host",)),
        ("n-gpu-layers = all", ("--n-gpu-layers", "all")),
        ("gpu-layers = 7", ("--n-gpu-layers", "7")),
        ("webui = off", ("--no-ui",)),
        ("tensor-split = [1, 1.5]", ("--tensor-split", "1,1.5")),
        ("device = [CUDA0, CUDA1]", ("--device", "CUDA0,CUDA1")),
        ("device = none", ("--device", "none")),
        ("spec-type = [draft-simple, ngram-mod]", ("--spec-type", "draft-simple,ngram-mod")),
        ("samplers = [top_k, temperature]", ("--samplers", "top_k;temperature")),
        ("control-vector-layer-range = [1, 9]", ("--control-vector-layer-range", "1", "9")),
        ('logit-bias = ["1+1", "2-1"]', ("--logit-bias", "1+1", "--logit-bias", "2-1")),
        ('chat-template-kwargs = "{\\"a\\": 1}"', ("--chat-template-kwargs", '{"a": 1}')),
        ('load-mode = "mmap+mlock"', ("--load-mode", "mmap+mlock")),
        ("chat-template = chatml", ("--chat-template", "chatml")),
    ],
)  # fmt: skip
def test_arguments(line: str, expected: tuple[str, ...]) -> None:
    """Values are spelled as they are written; lists are joined as upstream splits them."""
    assert argv(line) == expected


def test_every_spelling_is_a_key_or_refused_with_a_reason() -> None:
    """Nothing that the binary takes is unknown to the language."""
    for flag in llama_server.flags().values():
        for name in (name for name in flag.names if name.startswith("--")):
            assert name.removeprefix("--") in MODEL.table
        if flag.type == "switch":
            assert flag.off
            assert flag.off.removeprefix("--") in MODEL.refused
    for reason in MODEL.refused.values():
        assert reason


def test_table_is_the_pinned_build_s() -> None:
    """A few facts that other code builds on."""
    flags = llama_server.flags()
    assert len(flags) > 200
    assert flags["parallel"].on == "--parallel"
    assert not {"model", "host", "port", "alias", "tags", "mmproj"} & set(flags)
