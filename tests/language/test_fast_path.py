"""A text without errors is read in one loop; what comes of it is what the parser would give."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llamafleet.diagnostics.model import Diagnostics
from llamafleet.language.fast_path import MOST_STATES, read_fast
from llamafleet.language.parser import parse
from llamafleet.language.recovery import read_recovering
from llamafleet.language.syntax import File
from llamafleet.language.tables import tables
from llamafleet.source import Source

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.fleet"))

WORDS = ("a", "b.c", '"t\\n"', "1", "1.5GiB", "2m", "+a", "0" * 41, "=", "{", "}", "[", "]", ",")
JOINS = (
    "&",
    "|",
    "(",
    ")",
    "\n",
    "\n",
    "# c\n",
    " # d\n\n\t",
    "\r\n",
    "a = b\n",
    "a {\n",
    "}\n",
    "\\",
)


def recovering(text: str) -> tuple[File, bool]:
    """What the parser that recovers from errors makes of a text, and whether there were any."""
    diagnostics = Diagnostics()
    file = read_recovering(text, "f.fleet", diagnostics)
    return file, len(diagnostics) > 0


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_is_read_straight(path: Path) -> None:
    text = path.read_text()
    file = read_fast(text, "f.fleet", tables())
    assert file is not None
    assert (file, False) == recovering(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS + JOINS), max_size=25).map(" ".join))
@example("a {\n  b = [1, # one\n  2 # two\n  # three\n]\n  # last\n} # end\n# behind")
@example("a {\n  set x = (b | c) & +d # e\n}")
@example("# first\na b {}\n")
@example('a {\n  b = c # d\n\n  # e\n  f = -1.5\r\n\tg=1.5GiB\n  h = 1m30s\n  i = "j"\n}')
@example("a {\n  b = 1x\n  c = " + "0" * 41 + "\n}")
@example("a {\n  set x = b\n}\nc = d\n")
@example("a = b\n")
@example("")
def test_both_ways_agree_on_any_text(text: str) -> None:
    text += "\n"
    fast_path = read_fast(text, "f.fleet", tables())
    file, errors = recovering(text)
    assert (fast_path is None) == errors
    assert fast_path is None or fast_path == file


def test_deep_nesting_is_left_to_the_parser() -> None:
    """It counts what is too deep; fewer levels are the same whoever reads them."""
    for depth in (3, MOST_STATES - 1, MOST_STATES):
        text = "a {\n  b = " + "[" * depth + "]" * depth + "\n}\n"
        file, found = parse(Source("f.fleet", text))
        assert (file, bool(found)) == recovering(text)
