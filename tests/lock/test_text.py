"""A lock survives being written, and a text that is none does no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.fleet.model import GgufFile
from llamafleet.lock.model import Lock, LockedBuild, LockedGguf
from llamafleet.lock.text import LockError, read_lock, write_lock
from tests.gguf.test_compact import TREES

NAMES = st.text(max_size=8)
HASHES = st.none() | st.text("0123456789abcdef", min_size=64, max_size=64)
COMMITS = st.text("0123456789abcdef", min_size=40, max_size=40)
FILES = st.builds(
    GgufFile, st.sampled_from(["a.gguf", "ü/b.gguf", 'q"\\.gguf']), st.integers(0, 1 << 62), HASHES
)
GGUFS = st.builds(
    LockedGguf,
    st.dictionaries(NAMES, NAMES, max_size=3),
    COMMITS,
    st.lists(FILES, min_size=1, max_size=3).map(tuple),
    st.none() | st.dictionaries(NAMES, TREES, max_size=3),
)
LOCKS = st.builds(
    Lock,
    NAMES,
    st.dictionaries(NAMES, GGUFS, max_size=3),
    st.dictionaries(NAMES, st.builds(LockedBuild, st.just({"ref": "b1"}), COMMITS), max_size=2),
    st.dictionaries(NAMES, st.dictionaries(NAMES, NAMES, max_size=2), max_size=2),
    st.dictionaries(NAMES, TREES, max_size=2),
    st.dictionaries(
        NAMES,
        st.lists(st.dictionaries(NAMES, TREES, max_size=2), max_size=2).map(tuple),
        max_size=2,
    ),
)


@settings(max_examples=150, deadline=None)
@given(LOCKS)
def test_nothing_is_lost_and_the_text_is_json(lock: Lock) -> None:
    text = write_lock(lock)
    json.loads(text)
    assert read_lock(text) == lock
    assert write_lock(lock) == text


@settings(max_examples=200, deadline=None)
@given(LOCKS, st.data())
def test_edited_locks_are_refused_or_read(lock: Lock, draw: st.DataObject) -> None:
    tree: Any = json.loads(write_lock(lock))
    at: Any = tree
    key = draw.draw(st.sampled_from(sorted(at)))
    while isinstance(at[key], dict | list) and at[key] and draw.draw(st.booleans()):
        at = at[key]
        key = draw.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
    at[key] = draw.draw(TREES | st.just(float("inf")))
    assert isinstance(read_lock(json.dumps(tree)), Lock | LockError)


@pytest.mark.parametrize(
    "file", ["../a.gguf", "/etc/a.gguf", "a/../b.gguf", "a\nb.gguf", "a b.gguf", "a//b.gguf", ""]
)
def test_files_that_would_lie_elsewhere_are_refused(file: str) -> None:
    lock = Lock(ggufs={"a": LockedGguf({"repo": "o/r"}, "0123", (GgufFile(file, 1, None),))})
    assert isinstance(read_lock(write_lock(lock)), LockError)


def test_commits_and_hashes_are_nothing_else() -> None:
    bad = "x\nurl https://elsewhere"
    file = GgufFile("a.gguf", 1, None)
    for lock in (
        Lock(ggufs={"a": LockedGguf({}, bad, (file,))}),
        Lock(ggufs={"a": LockedGguf({}, "0123", (GgufFile("a.gguf", 1, bad),))}),
        Lock(builds={"a": LockedBuild({}, bad)}),
        Lock(builds={"a": LockedBuild({}, None, bad)}),
    ):
        assert isinstance(read_lock(write_lock(lock)), LockError)


def test_a_flag_is_a_line_without_what_nobody_checks() -> None:
    row = {"key": "a", "names": ["-a", "--a"], "type": "integer", "default": 1, "help": "What."}
    text = write_lock(Lock(flags={"b12000": (row,)}))
    assert '\n   {"key": "a", "names": ["-a", "--a"], "type": "integer"}\n' in text


def test_layers_stay_on_one_line() -> None:
    facts = {"metadata": {"head_count_kv": [8, 8, 0, 8]}, "flags": [True, False]}
    file = GgufFile("a.gguf", 1, None)
    text = write_lock(Lock(ggufs={"a": LockedGguf({}, "0123", (file,), facts)}))
    assert '"head_count_kv": [8, 8, 0, 8]' in text
    assert '"flags": [true, false]' in text
