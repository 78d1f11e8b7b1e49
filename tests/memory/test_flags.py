"""What a command line says, and what llama-server would stop at."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.capacity.memory import Device, Estimate, Flags, read_flags
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.cli import main
from llamafleet.fleet.server_argv import forms
from llamafleet.gguf import GgufFacts, Header, facts_of, parse_header
from tests.gguf.writing import header_bytes, write_gguf
from tests.memory.cases import ALL
from tests.memory.models import TINY
from tests.memory.recorded import facts

CARDS = [Device("CUDA0", 1 << 34), Device("CUDA1", 1 << 34)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-np 0", "not 0"),
        ("-np 600", "up to 256"),
        ("-c -5", "from 0"),
        ("-c 99999999999", "whole number"),
        ("-b 0", "not 0"),
        ("-ngl some", "whole number"),
        ("-ts a,b", "shares"),
        ("-ts -1,1", "shares"),
        ("-ts 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "up to 16"),
        ("-sm diagonal", "none, layer, row, tensor"),
        ("-ctk q3_0", "q8_0"),
        ("-ctv Q8_0", "q8_0"),
        ("-fa maybe", "on, off, auto"),
        ("-ncmoe -1", "from 0"),
        ("-lm quick", "mmap"),
        ("-ot abc", "PATTERN=DEVICE"),
        ("--spec-type ngram", "ngram-mod"),
        ("--override-kv a=b", "KEY=TYPE:VALUE"),
        ("--override-kv a=int:many", "KEY=TYPE:VALUE"),
        ("-c", "lacks a value"),
        ("--nonsense", "no flag"),
    ],
)
def test_wrong_arguments_are_said(line: str, said: str) -> None:
    problem = read_flags(line.split())
    assert isinstance(problem, str)
    assert said in problem


@pytest.mark.parametrize(
    ("model", "line", "said"),
    [
        ("llama", "-ot ffn=CUDA9", "CUDA0, CUDA1"),
        ("llama", "-ot (=CPU", "pattern"),
        ("llama", "-dev CUDA9", "the cards are"),
        ("llama", "-sm none -mg 7", "only 2 cards"),
        ("llama", "--spec-type draft-mtp", "no such layers"),
        ("llama", "--spec-type draft-simple", "--model-draft"),
        ("deepseek2", "-ctk f16 -ctv bf16", "share a cache"),
        ("llama", "-ctv q8_0 -fa off", "flash attention"),
        ("llama", "-sm tensor -fa off", "flash attention"),
        ("llama", "-sm tensor -ot ffn=CUDA0", "beside --split-mode tensor"),
    ],
)
def test_what_does_not_go_with_the_model_is_said(model: str, line: str, said: str) -> None:
    flags = read_flags(line.split())
    assert isinstance(flags, Flags)
    problem = estimate(facts(model), flags, CARDS)
    assert isinstance(problem, str)
    assert said in problem


@pytest.mark.parametrize(
    ("line", "drafted"),
    [
        ("", 0),
        ("--spec-type none", 0),
        ("-md draft.gguf", 0),
        ("--spec-type draft-simple -md draft.gguf", 3),
        ("--spec-type draft-mtp --spec-draft-n-max 5", 5),
        ("--spec-type ngram-simple", 48),
        ("--spec-type ngram-cache,ngram-mod", 64),
        ("--spec-ngram-mod-n-max 9 --spec-default", 64),
    ],
)
def test_how_much_is_drafted(line: str, drafted: int) -> None:
    flags = read_flags(line.split())
    assert isinstance(flags, Flags)
    assert flags.drafted == drafted


@pytest.mark.parametrize(
    ("line", "context", "slot", "outputs"),
    [
        ("-c 2048 -np -2", 2048, 2048, 4),
        ("-c 100 -np 4", 1024, 256, 4),
        ("-c 100 --kv-unified-per-slot 4096", 256, 256, 4),
        ("-np 2 --kv-unified-per-slot 1000", 2048, 1024, 2),
        ("-c 2048 -np 1 --pooling mean", 2048, 2048, 512),
        ("-c 2048 -np 2 --pooling none", 2048, 1024, 2),
        ("-c 0 -np 1 --override-kv llama.context_length=int:512", 512, 512, 1),
        ("-c 2048 -np 2 --spec-default", 2048, 1024, 130),
    ],
)
def test_context_slots_and_outputs(line: str, context: int, slot: int, outputs: int) -> None:
    """As the server logged them for these lines."""
    flags = read_flags(line.split())
    assert isinstance(flags, Flags)
    found = estimate(facts("llama"), flags)
    assert isinstance(found, Estimate)
    assert (found.n_ctx, found.n_ctx_per_slot) == (context, slot)
    (term,) = [each for each in found.terms if each.kind == "compute"]
    assert f"{min(outputs, 512)} outputs" in term.formula or outputs > 512


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "context and layers"),
        ("-c 2048", "changes layers"),
        ("-ngl 99", ""),
        ("-ts 1,2", ""),
        ("-fit off", ""),
    ],
)
def test_when_fit_may_change_things(line: str, said: str) -> None:
    flags = read_flags(line.split())
    assert isinstance(flags, Flags)
    found = estimate(facts("llama"), flags, CARDS)
    assert isinstance(found, Estimate)
    notes = [each for each in found.notes if "--fit" in each]
    assert bool(notes) is bool(said)
    assert all(said in each for each in notes)


def test_splits_with_zeros() -> None:
    plain = estimate(facts("llama"), Flags(ctx_size=2048), CARDS)
    assert estimate(facts("llama"), Flags(ctx_size=2048, tensor_split=(0.0, 0.0)), CARDS) == plain
    last = estimate(facts("llama"), Flags(ctx_size=2048, tensor_split=(0.0, 1.0)), CARDS)
    assert isinstance(last, Estimate)
    assert last.size("CUDA0", "weights", "kv") == 0 < last.size("CUDA1", "weights", "kv")
    none = estimate(facts("llama"), Flags(ctx_size=2048, devices=()), CARDS)
    assert isinstance(none, Estimate)
    assert none.devices == ("CPU",)


def test_a_batch_of_zero_or_less() -> None:
    whole = estimate(facts("llama"), Flags(ctx_size=2048, parallel=1, ubatch_size=2048))
    for line in ("-c 2048 -np 1 -ub 0", "-c 2048 -np 1 -ub -1"):
        flags = read_flags(line.split())
        assert isinstance(flags, Flags)
        assert estimate(facts("llama"), flags) == whole


def test_sampling_on_the_device_needs_more_outputs() -> None:
    sizes = []
    for line in ("-c 256 -np 1", "-c 256 -np 1 -bs"):
        flags = read_flags(line.split())
        assert isinstance(flags, Flags)
        found = estimate(facts("llama"), flags)
        assert isinstance(found, Estimate)
        sizes.append(found.size("CPU", "output"))
    assert sizes == [1500 * 4, (4 * 1500 + 1) * 4]


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(forms())),
            st.sampled_from(
                ["0", "-1", "1", "99", "2147483647", "x", "", "a=b", "1,0", ",", "=", "(", "none",
                 "q8_0", "draft-mtp", "CUDA0", "tensor", "off", "[=CPU", ".*=CPU", "9" * 30]
            ),
        ),
        max_size=4,
    )
)  # fmt: skip
def test_any_command_line_is_answered(pairs: list[tuple[str, str]]) -> None:
    argv = [word for flag, value in pairs for word in (flag, value)[: 1 + forms()[flag].arity]]
    flags = read_flags(argv)
    if isinstance(flags, Flags):
        found = estimate(facts("llama"), flags, CARDS)
        assert isinstance(found, str) or all(each.size >= 0 for each in found.terms)


ODD: tuple[object, ...] = (
    0,
    1,
    3,
    7,
    255,
    65536,
    1 << 31,
    1 << 40,
    "x",
    [0],
    [1, 2],
    [],
    True,
    1.5,
    -1.0,
)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_header_is_answered(data: st.DataObject) -> None:
    made = ALL[data.draw(st.sampled_from(sorted(ALL)))]()
    gone = data.draw(st.sets(st.integers(0, len(made.tensors) - 1), max_size=2))
    flat = data.draw(st.sets(st.integers(0, len(made.tensors) - 1), max_size=2))
    made.tensors = [
        (name, kind, dims[:1] if index in flat else dims)
        for index, (name, kind, dims) in enumerate(made.tensors)
        if index not in gone
    ]
    keys = sorted(each for each in made.entries if each.startswith(made.architecture))
    for key in data.draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3)):
        made.entries[key] = data.draw(st.sampled_from(ODD))
    line = data.draw(st.sampled_from(("-c 2048", "-c 512 -fa off -ngl 2", "-c 512 -sm tensor")))
    header = parse_header(header_bytes(made.entries, made.tensors)[0])
    flags = read_flags(line.split())
    assert isinstance(flags, Flags)
    if isinstance(header, Header) and isinstance(found := facts_of([header]), GgufFacts):
        assert isinstance(estimate(found, flags, CARDS), str | Estimate)
        odd = replace(found, architecture="unheard-of")
        assert isinstance(estimate(odd, flags, CARDS, "b99999"), str | Estimate)


def test_the_command_answers_hostile_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = TINY["llama"]()
    made.say(block_count=10**9)
    path = write_gguf(tmp_path / "m.gguf", made.entries, made.tensors)
    assert main(["memory", str(path), "-c", "256"]) == 1
    assert capsys.readouterr().err
    made.say(block_count=5, expert_used_count=1 << 40)
    path = write_gguf(tmp_path / "k.gguf", made.entries, made.tensors)
    assert main(["memory", str(path), "-c", "256"]) == 1
    assert "no model has that" in capsys.readouterr().err
    made.say(expert_used_count=0, attention__head_count_kv=0, context_length=0)
    path = write_gguf(tmp_path / "n.gguf", made.entries, made.tensors)
    assert main(["memory", str(path)]) == 1
    assert "--ctx-size" in capsys.readouterr().err
    assert main(["memory", str(path), "-c", "256", "--format", "json"]) in (0, 1)
    shown = capsys.readouterr()
    assert shown.err or json.loads(shown.out)
