"""Tables of flags side by side: which one a build is checked by, and reading an argv by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.schema import flag_tables
from llamafleet.schema.argv import Given, read_argv
from llamafleet.schema.flag_tables import bundled, nearest, spelled_for

NEWEST = bundled()[0]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache of tables; what was found before is forgotten."""
    monkeypatch.delenv("LLAMAFLEET_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = flag_tables.cache_folder()
    folder.mkdir(parents=True)
    nearest.cache_clear()
    yield folder
    nearest.cache_clear()


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
def test_the_nearest_older_table_stands_in(cache: Path, ref: str, table: str, exact: bool) -> None:
    found = nearest(ref)
    assert (found.table.ref, found.exact) == (table, exact)


def test_a_fetched_table_is_the_build_s_own(cache: Path) -> None:
    rows = [{"key": "frobnicate", "names": ["--frobnicate"], "type": "flag", "help": ""}]
    (cache / "b10000.json").write_text(json.dumps(rows), encoding="utf-8")
    assert nearest("b10000").exact
    assert list(nearest("b10000").table.flags) == ["frobnicate"]
    assert nearest("b10001").table.ref == "b10000"


@pytest.mark.parametrize("text", ["", "[", "[]", "{}", "[1]", '[{"key": "a"}]', "null"])
def test_a_broken_table_is_none(cache: Path, text: str) -> None:
    (cache / "b10000.json").write_text(text, encoding="utf-8")
    assert nearest("b10000").table.ref == "b9093"


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
    assert spelled_for(ref, name) == own


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
        (["-c"], [("-c", "ctx-size", (), "has no value")]),
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
    assert all(isinstance(each, Given) for each in found)
    assert sum(1 + len(each.values) for each in found) <= len(words)
