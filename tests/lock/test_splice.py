"""One value of a lock changes, and not a byte besides."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.lock.model import Lock
from llamafleet.lock.splice import spliced
from llamafleet.lock.text import read_lock, write_lock
from tests.gguf.test_compact import TREES
from tests.lock.test_text import LOCKS

NAMES = st.text(max_size=6)
MEASURED = st.dictionaries(NAMES, st.dictionaries(NAMES, TREES, max_size=3), max_size=3)


@settings(max_examples=150, deadline=None)
@given(LOCKS, MEASURED, NAMES, NAMES, TREES)
def test_the_text_is_what_would_have_been_written(
    lock: Lock, measured: dict[str, Any], host: str, service: str, value: object
) -> None:
    measured = {name: dict(sorted(each.items())) for name, each in sorted(measured.items())}
    before = write_lock(Lock(lock.fleet, lock.ggufs, lock.builds, lock.releases, measured))
    after = dict(measured)
    after[host] = dict(sorted({**measured.get(host, {}), service: value}.items()))
    after = dict(sorted(after.items()))
    expected = write_lock(Lock(lock.fleet, lock.ggufs, lock.builds, lock.releases, after))
    assert spliced(before, ("measured", host, service), value) == expected


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, TREES, max_size=4), st.lists(NAMES, min_size=1, max_size=3), TREES)
def test_in_any_spelling_the_rest_stays(tree: Any, names: list[str], value: object) -> None:
    text = json.dumps(tree, indent=3, separators=(" ,", " : "))
    wanted = json.loads(json.dumps(tree))
    at = wanted
    for name in names[:-1]:
        at = at.setdefault(name, {})
        if not isinstance(at, dict):
            with pytest.raises(ValueError, match="no object"):
                spliced(text, tuple(names), value)
            return
    at[names[-1]] = value
    found = spliced(text, tuple(names), value)
    assert json.loads(found) == json.loads(json.dumps(wanted))


def test_what_a_later_llamafleet_wrote_is_kept() -> None:
    text = '{"lock": 1,\n  "ggufs": {},   "later": [1,\t2]}\n'
    found = spliced(text, ("measured", "box"), {"a": 1})
    assert found.startswith('{"lock": 1,\n  "ggufs": {},   "later": [1,\t2]')
    read = read_lock(found)
    assert isinstance(read, Lock)
    assert read.measured == {"box": {"a": 1}}
