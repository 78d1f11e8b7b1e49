"""Tables of flags side by side: which one a build is checked by, and reading an argv by it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.fleet.schema.argv import ParsedFlag, read_argv
from llamafleet.fleet.schema.flag_tables import OURS, FlagTable, FlagTables, bundled, readable

NEWEST = bundled()[0]


@pytest.mark.parametrize(
    ("ref", "table", "exact"),
    [
        ("b11434", "b11434", True),
        ("b9093", "b9093", True),
        ("b11433", "b9093", False),
        ("b99999", "b11434", False),
        ("b1", "b9093", False),
        ("master", "b11434", False),
        ("60226b63", "b11434", False),
    ],
)
def test_the_nearest_older_table_stands_in(ref: str, table: str, exact: bool) -> None:
    found = OURS.nearest(ref)
    assert (found.table.ref, found.exact) == (table, exact)


def locked(ref: str, *keys: str) -> FlagTables:
    """The tables of a fleet whose lock has one of these flags."""
    rows = tuple({"key": key, "names": [f"--{key}"], "type": "flag"} for key in keys)
    return FlagTables({ref: FlagTable(ref, rows)})


def test_a_table_of_the_lock_is_the_build_s_own() -> None:
    tables = locked("b10000", "frobnicate")
    assert tables.nearest("b10000").exact
    assert list(tables.nearest("b10000").table.flags) == ["frobnicate"]
    assert tables.nearest("b10001").table.ref == "b10000"
    assert OURS.nearest("b10001").table.ref == "b9093"


def test_a_branch_has_the_table_of_the_lock_and_gives_it_to_no_other() -> None:
    tables = locked("master", "frobnicate")
    assert tables.nearest("master").exact
    assert tables.nearest("other").table.ref == NEWEST.ref


def test_no_lock_replaces_a_table_that_everybody_has() -> None:
    tables = locked(NEWEST.ref, "frobnicate")
    assert tables.nearest(NEWEST.ref).table is NEWEST


ROW = {"key": "a", "names": ["--a"], "type": "flag"}


@pytest.mark.parametrize(
    "rows",
    [
        *("", "a", 1, None, (), {}, [1], [None], [[]]),
        *([{"key": "a"}], [{**ROW, "type": "none such"}], [{**ROW, "type": []}]),
        *([{**ROW, "names": "a"}], [{**ROW, "names": [1]}], [{**ROW, "no": 1}]),
        *([{**ROW, "key": 1}], [{**ROW, "low": "1"}], [{**ROW, "words": [[]]}], [ROW, 1]),
    ],
)
def test_what_is_no_table_is_none(rows: object) -> None:
    assert not readable(rows)


@pytest.mark.parametrize("table", bundled(), ids=lambda table: str(table.ref))
def test_what_comes_along_is_a_table(table: FlagTable) -> None:
    assert readable(table.rows)


@pytest.mark.parametrize(
    ("ref", "name", "own"),
    [
        ("b9093", "--no-ui", "--no-webui"),
        ("b9093", "--ui", "--webui"),
        ("b9093", "--load-mode", "--load-mode"),
        ("b11434", "--no-ui", "--no-ui"),
    ],
)
def test_a_flag_is_spelled_as_the_build_knows_it(ref: str, name: str, own: str) -> None:
    assert OURS.spelled_for(ref, name) == own


def given_of(*words: str) -> list[tuple[str, str, tuple[str, ...], str]]:
    """What is read of an argv: name, key, values, problem."""
    read = read_argv(words, NEWEST)
    return [
        (g.name, g.flag.key if g.flag else "", g.values, g.problem.text if g.problem else "")
        for g in read
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-c", "4096"], [("-c", "ctx-size", ("4096",), "")]),
        (["--ctx_size", "1"], [("--ctx_size", "ctx-size", ("1",), "")]),
        (["--seed", "-1"], [("--seed", "seed", ("-1",), "")]),
        (["--no-warmup", "-v"], [("--no-warmup", "warmup", (), ""), ("-v", "verbose", (), "")]),
        (["--what", "x", "-v"], [("--what", "", (), ""), ("-v", "verbose", (), "")]),
        (["--ctx-size=4"], [("--ctx-size=4", "", (), "")]),
        (["-c"], [("-c", "ctx-size", (), "needs a value")]),
        (["-c", "${N}"], [("-c", "ctx-size", ("${N}",), "")]),
    ],
)
def test_argv(words: list[str], expected: list[object]) -> None:
    assert given_of(*words) == expected


WORDS = st.sampled_from([*list(NEWEST.by_name)[:80], "4096", "on", "x", "", "-", "--", "-1", "é"])


@given(st.lists(WORDS, max_size=8))
@settings(max_examples=200, deadline=None)
def test_any_argv_is_read_to_its_end(words: list[str]) -> None:
    """Every word is a flag, a value of one, or nothing that looks like a flag."""
    found = list(read_argv(words, NEWEST))
    assert all(isinstance(each, ParsedFlag) for each in found)
    assert sum(1 + len(each.values) for each in found) <= len(words)
