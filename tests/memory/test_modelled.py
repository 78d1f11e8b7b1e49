"""What is not modelled: the build's list of names, and how far the rules of thumb are off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

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
            off = sum(x.margin for x in found.terms if x.device == device and x.kind in LOGGED)
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
        off = sum(x.margin for x in found.terms if x.device == card.name and x.kind in LOGGED)
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
    assert (found.margin_on("CUDA0") > known.margin_on("CUDA0")) == bool(why)
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
