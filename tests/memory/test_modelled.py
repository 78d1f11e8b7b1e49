"""What is not modelled: the names of the tables, and how far the rules of thumb are off."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import llamafleet.capacity.memory
from llamafleet.capacity.memory import Device, Estimate, Flags, read_flags
from llamafleet.capacity.memory.by_size import by_size
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.capacity.memory.modelled import MODELLED, OLDEST, architectures, unmodelled_build
from llamafleet.capacity.memory.terms import LOGGED, MIB
from llamafleet.fleet.schema import flag_tables
from llamafleet.gguf import GgufFacts
from tests.memory import on_cards, published, real_widths, recorded
from tests.memory.recording import read
from tools.llama_architectures import LIST, names_of

ROUNDED = 0.05 * MIB
ESTIMATE = 0.02

# Tables of other things than architectures.
OTHERS = {
    "CONTEXTS", "FIXED", "IN_PLACE", "KEEPS_STATES", "KINDS", "LOGGED", "METADATA", "NEEDS_DRAFT",
    "NGRAMS", "NOT_ZERO", "OFF", "ON", "OTHER_BUILD", "POWERS", "QUANTIZED", "RANGES", "REPACKED",
    "SLICED", "SPECULATION", "TABLES", "UNCHOSEN", "WARMUP", "DRIVERS", "COLUMNS", "BY_NAME",
}  # fmt: skip

OTHER_KINDS = frozenset(
    {"bool", "float", "int", "f32", "i32", "i64", "none", "mean", "rank", "draft-mtp"}
)
"""With these, other kinds are compared: of numbers, of pooling, of drafting."""


def modules() -> Iterator[Any]:
    """Every module of the memory model."""
    for each in pkgutil.walk_packages(
        llamafleet.capacity.memory.__path__, "llamafleet.capacity.memory."
    ):
        yield importlib.import_module(each.name)


def tables() -> Iterator[tuple[str, str]]:
    """Each name in a table of a module, with the table."""
    for module in modules():
        for table, value in vars(module).items():
            if table.isupper() and table not in OTHERS and isinstance(value, frozenset | Mapping):
                yield from ((each, f"{module.__name__}.{table}") for each in value)


def compared() -> Iterator[tuple[str, str]]:
    """Each text that code compares with an architecture."""
    for module in modules():
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            match node:
                case ast.Compare(left=about):
                    texts = [each for part in node.comparators for each in ast.walk(part)]
                case ast.Match(subject=about):
                    texts = [each for part in node.cases for each in ast.walk(part.pattern)]
                case _:
                    continue
            told = ast.unparse(about)
            if told.endswith("architecture") or told == "kind":
                for each in texts:
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield each.value, f"{module.__name__}, line {node.lineno}"


def test_names_of_the_tables_are_those_of_the_build() -> None:
    found = [*tables(), *compared()]
    assert len({name for name, _ in found}) > 100
    assert [each for each in found if each[0] not in architectures() | OTHER_KINDS] == []


def test_the_list_is_of_the_modelled_build_and_its_flags_are_known() -> None:
    assert json.loads(LIST.read_text(encoding="utf-8"))["build"] == MODELLED
    assert {MODELLED, OLDEST} <= {each.ref for each in flag_tables.bundled()}
    assert {"llama", "hy_v4", "hrm_text", "qwen3next"} <= architectures()
    assert not {"clip", "(unknown)", "hy-v4"} & architectures()


def test_names_are_read_from_sources() -> None:
    text = "static const std::map<llm_arch, const char *> LLM_ARCH_NAMES = {\n"
    text += '    { LLM_ARCH_CLIP,  "clip"  }, // dummy\n    { LLM_ARCH_LLAMA, "llama" },\n'
    text += '    { LLM_ARCH_UNKNOWN, "(unknown)" },\n};\n{ LLM_KV_X, "general.type" }\n'
    assert names_of(text) == ["llama"]
    assert names_of("int main() {}") == []


def starts() -> Iterator[tuple[str, dict[str, Any], GgufFacts, list[Device], tuple[str, ...]]]:
    """Every recorded start: which kind, what was logged, the header, the cards, more flags."""
    for start in recorded.RECORDINGS:
        yield "tiny", start, recorded.facts(start["model"]), _cards("RPC", start), ()
    for start in read(real_widths.PATH):
        more = ("--no-repack",)
        yield "real", start, real_widths.facts(start["model"]), _cards("RPC", start), more
    for start in read(on_cards.PATH):
        yield "card", start, recorded.facts(start["model"]), _cards("Vulkan", start), ()


def _cards(name: str, start: dict[str, Any]) -> list[Device]:
    return [Device(f"{name}{index}", recorded.CARD) for index in range(start["devices"])]


@pytest.mark.parametrize("kind", ["tiny", "real", "card"])
def test_of_an_unknown_architecture_the_truth_is_within_what_is_stated(kind: str) -> None:
    count = 0
    for own, start, facts, cards, more in starts():
        if own != kind:
            continue
        flags = read_flags([*start["flags"], *more])
        assert isinstance(flags, Flags)
        found = estimate(replace(facts, architecture="unheard-of"), flags, cards)
        assert isinstance(found, Estimate), found
        assert "architecture unheard-of is not modelled" in found.doubts[0]
        for device in {*found.devices, *start["buffers"]}:
            logged = sum(start["buffers"].get(device, {}).values()) * MIB
            size = found.size(device, *LOGGED)
            off = sum(x.off for x in found.terms if x.device == device and x.kind in LOGGED)
            what = f"{start['model']} {start['devices']} {start['flags']} {device}"
            assert abs(size - logged) <= off + ESTIMATE * size + ROUNDED, what
            count += 1
    assert count > 100


@pytest.mark.parametrize("name", published.MODELS)
@pytest.mark.parametrize(
    "line", ["-c 8192 -np 1", "-c 65536 -np 2", "-c 32768 -np 4 -ub 2048 -ctk q8_0 -ctv q8_0"]
)
@pytest.mark.parametrize("count", [1, 2])
def test_by_size_alone_the_computed_is_within_what_is_stated(
    name: str, line: str, count: int
) -> None:
    facts, flags = published.facts(name), read_flags(line.split())
    assert isinstance(flags, Flags)
    cards = [Device(f"CUDA{index}", 1 << 40) for index in range(count)]
    exact, found = estimate(facts, flags, cards), by_size(facts.tensor_bytes, flags, cards)
    assert isinstance(exact, Estimate)
    assert isinstance(found, Estimate), found
    for card in cards:
        size = found.size(card.name, *LOGGED)
        off = sum(x.off for x in found.terms if x.device == card.name and x.kind in LOGGED)
        assert abs(size - exact.size(card.name, *LOGGED)) <= off + ESTIMATE * size


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("-np 1", "say ctx-size"),
        ("-c 4096 -ngl 20", "how many layers"),
        ("-c 4096 -cmoe", "not their tensors"),
        ("-c 4096 -dev CUDA7", "--device names"),
    ],
)
def test_by_size_alone_not_everything_can_be_said(line: str, why: str) -> None:
    flags = read_flags(line.split())
    assert isinstance(flags, Flags)
    found = by_size(20 << 30, flags, [Device("CUDA0", 1 << 40)])
    assert isinstance(found, str)
    assert why in found


def test_without_cards_or_layers_on_them_a_file_lies_on_the_host() -> None:
    for flags, cards in (
        (Flags(ctx_size=4096), []),
        (Flags(ctx_size=4096, gpu_layers=0), [Device("CUDA0", 1 << 40)]),
    ):
        found = by_size(20 << 30, flags, cards)
        assert isinstance(found, Estimate)
        assert found.size("CPU", "weights") == 20 << 30


@pytest.mark.parametrize(
    ("ref", "why"),
    [
        (MODELLED, ""),
        (OLDEST, ""),
        ("b10000", ""),
        ("b11435", "build b11435 is newer than b11434"),
        ("b9092", "build b9092 is much older than b11434"),
        ("master", "build master has no number"),
        (None, "not known to be upstream's build"),
    ],
)
def test_builds(ref: str | None, why: str) -> None:
    assert why in unmodelled_build(ref)
    assert bool(why) == bool(unmodelled_build(ref))
    known = estimate(recorded.facts("llama"), Flags(ctx_size=4096), _cards("CUDA", {"devices": 1}))
    found = estimate(
        recorded.facts("llama"), Flags(ctx_size=4096), _cards("CUDA", {"devices": 1}), ref
    )
    assert isinstance(known, Estimate)
    assert isinstance(found, Estimate)
    assert found.size("CUDA0") == known.size("CUDA0")
    assert (found.off("CUDA0") > known.off("CUDA0")) == bool(why)
    assert bool(found.doubts) == bool(why)


def test_a_whole_trained_context_is_said_with_its_size() -> None:
    facts = published.facts("Llama 3.1 70B, Q4_0")
    card = [Device("CUDA0", 1 << 40)]
    for flags in (Flags(parallel=1), Flags(parallel=1, ctx_size=0)):
        found = estimate(facts, flags, card)
        assert isinstance(found, Estimate)
        said = "ctx-size is not set: the whole trained context, 131072 tokens, 40.0 GiB of KV cache"
        assert found.whole_context == said
    short = estimate(facts, Flags(parallel=1, ctx_size=4096), card)
    assert isinstance(short, Estimate)
    assert short.whole_context == ""
