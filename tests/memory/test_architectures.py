"""The records of architectures: complete, of the modelled build, and the only place for names."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import llamafleet.capacity.memory
from llamafleet.capacity.memory import Estimate, Flags
from llamafleet.capacity.memory.architectures import FAMILIES, every_record, record_of
from llamafleet.capacity.memory.architectures.record import (
    Architecture,
    Exactness,
    Indexer,
    OutputHead,
    Recurrent,
    Router,
    Window,
)
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.capacity.memory.modelled import MODELLED, OLDEST, architectures
from llamafleet.capacity.memory.terms import Term
from llamafleet.fleet.schema import flag_tables
from tests.memory import recorded

MEMORY = Path(llamafleet.capacity.memory.__file__).parent
PROJECTORS = MEMORY / "projector.py"
"""Its names are of image projectors; some are called as a language model is."""

PARTS = (Architecture, Indexer, OutputHead, Recurrent, Router, Window)
STATED = {"exact", "graph", "norm", "rope", "output_head"}
"""What a record must say."""

RECORDS = {record.name: record for record in every_record()}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield the modules of the memory model that hold no records."""
    for path in sorted(MEMORY.rglob("*.py")):
        if path.parent.name != "architectures":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each text of a module with its line, but for docstrings."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def test_records_are_of_the_modelled_build() -> None:
    assert set(RECORDS) <= architectures()
    newest, oldest = flag_tables.number(MODELLED) or 0, flag_tables.number(OLDEST) or 0
    for name, record in RECORDS.items():
        assert record.name == name
        assert oldest <= (flag_tables.number(record.since) or 0) <= newest, name


def test_each_name_has_one_record() -> None:
    assert len(every_record()) == len(RECORDS) > 150
    files = {path.stem for path in (MEMORY / "architectures").glob("*.py")}
    assert sorted(FAMILIES) == sorted(files - {"__init__", "record"})


def test_each_record_is_found_by_its_name() -> None:
    assert {name: record_of(name) for name in RECORDS} == RECORDS
    assert record_of("unheard-of") is None


def test_names_of_architectures_stand_in_records_alone() -> None:
    found = [
        (path.name, line, text)
        for path, tree in modules()
        if path != PROJECTORS
        for line, text in literals(tree)
        if text.strip() and set(text.split()) <= set(architectures())
    ]
    assert found == []


def test_a_planted_name_would_be_found() -> None:
    tree = ast.parse('"""llama"""\nODD = "gemma gemma2".split()\n')
    assert list(literals(tree)) == [(2, "gemma gemma2")]


def test_each_trait_is_read_by_the_engine_and_had_by_some_architecture() -> None:
    read = {
        node.attr
        for _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
    }
    for part in PARTS:
        fields = dataclasses.fields(part)
        assert {each.name for each in fields} - read <= {"since"}, part
        had = [value for record in RECORDS.values() for value in held(record, part)]
        for field in fields:
            if field.default is not dataclasses.MISSING and field.name != "since":
                assert any(getattr(each, field.name) != field.default for each in had), field.name


def held(record: Architecture, part: type[Any]) -> Iterator[Any]:
    """Yield a record, or its parts of a kind."""
    values = [record, *(getattr(record, each.name) for each in dataclasses.fields(Architecture))]
    return (value for value in values if isinstance(value, part))


def test_a_record_states_its_graph() -> None:
    required = {each.name for each in dataclasses.fields(Architecture)
                if each.default is dataclasses.MISSING}  # fmt: skip
    assert required == {"name", *STATED}
    with pytest.raises(TypeError):
        Architecture(name="invented", exact="recorded")  # type: ignore[call-arg]


def test_what_is_called_recorded_was_recorded() -> None:
    there = {recorded.facts(start["model"]).architecture for start in recorded.RECORDINGS}
    for name, record in RECORDS.items():
        assert (record.exact == "recorded") == (name in there), name


def test_a_name_of_the_build_without_a_record_is_estimated_by_rule_of_thumb(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("llamafleet.capacity.memory.architectures._records", lambda family: {})
    found = estimate(recorded.facts("llama"), Flags(ctx_size=2048))
    assert isinstance(found, Estimate)
    assert found.unmodelled == (
        "architecture llama is not modelled (llamafleet has no record of its graph)",
    )
    assert all(each.margin for each in found.terms if each.kind in ("kv", "compute"))


def test_a_graph_that_no_recording_holds_may_be_a_quarter_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def compute_terms(exact: Exactness) -> list[Term]:
        record = dataclasses.replace(RECORDS["llama"], exact=exact)
        monkeypatch.setattr(
            "llamafleet.capacity.memory.architectures._records", lambda family: {"llama": record}
        )
        found = estimate(recorded.facts("llama"), Flags(ctx_size=2048))
        assert isinstance(found, Estimate)
        return [each for each in found.terms if each.kind == "compute" and each.size]

    exact, doubted = compute_terms("recorded"), compute_terms("unrecorded")
    assert [each.margin for each in exact] == [0] * len(exact) != []
    assert [each.size for each in doubted] == [each.size for each in exact]
    assert [each.margin for each in doubted] == [each.size // 4 for each in exact]
    assert all("no start of this architecture was recorded" in each.formula for each in doubted)
