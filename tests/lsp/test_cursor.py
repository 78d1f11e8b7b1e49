"""Where the cursor is, in texts that are in the middle of being typed. `|` marks the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.lsp.cursor import Cursor, Slot, cursor_at
from llamafleet.source import Position

SERVICE = "fleet 1\n\nllama-swap voice {\n    models = [a, b]\n    matrix {\n"


def at(marked: str) -> Cursor:
    before, _, after = marked.partition("|")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return cursor_at(before + after, Position(line, column))


CASES = {
    "|": (Slot.KIND, "", ""),
    "fleet 1\n\nmod|": (Slot.KIND, "", "mod"),
    "fleet 1\n\n|model x {\n}\n": (Slot.KIND, "", "model"),
    "fleet 1\n|\n\nhost x {}\n": (Slot.KIND, "", ""),
    "fleet 1\nmodel |": (Slot.LABEL, "model", ""),
    "fleet 1 # x|\n": (Slot.NOTHING, "fleet", ""),
    "# a\n# b|\n\nfleet 1\n": (Slot.NOTHING, "", ""),
    "host x {\n    |\n}\n": (Slot.KEY, "", ""),
    "host x {\n    gp|us = [a]\n}\n": (Slot.KEY, "", "gpus"),
    "host x {\n    gpus |\n}\n": (Slot.LABEL, "gpus", ""),
    "host x {\n    gpus =|\n}\n": (Slot.VALUE, "gpus", ""),
    "host x {\n    gpus = |\n}\n": (Slot.VALUE, "gpus", ""),
    "host x {\n    gpus = |\n    ram = 1GiB\n}\n": (Slot.VALUE, "gpus", ""),
    "host x {\n    gpus = [|\n    ram = 1GiB\n}\n": (Slot.VALUE, "gpus", ""),
    "host x {\n    gpus = [\n        a,\n        |\n    ]\n}\n": (Slot.VALUE, "gpus", ""),
    "host x {\n    gpus = [a, b|]\n}\n": (Slot.VALUE, "gpus", "b"),
    "host x {\n    gpus = [a] |\n}\n": (Slot.NOTHING, "gpus", ""),
    'host x {\n    address = "ab|c"\n}\n': (Slot.VALUE, "address", '"abc"'),
    'host x {\n    address = "ab|\n}\n': (Slot.VALUE, "address", '"ab'),
    "host x {\n    address = 10|\n}\n": (Slot.VALUE, "address", "10"),
    "host x {\n} |\n": (Slot.KIND, "", ""),
    SERVICE + "    set x = |\n    }\n}\n": (Slot.EXPRESSION, "set", ""),
    SERVICE + "    set x = a & (b| +y)\n": (Slot.EXPRESSION, "set", "b"),
    SERVICE + "    set x = +y|\n": (Slot.EXPRESSION, "set", "+y"),
    SERVICE + "    evict-cost {\n        |\n": (Slot.KEY, "", ""),
}


@pytest.mark.parametrize("marked", CASES, ids=range(len(CASES)))
def test_slot(marked: str) -> None:
    found = at(marked)
    assert (found.slot, found.key, found.word) == CASES[marked]


def kinds(cursor: Cursor) -> list[str]:
    return [each.kind for each in cursor.blocks]


def test_blocks_around() -> None:
    found = at(SERVICE + "    evict-cost {\n        |\n")
    assert kinds(found) == ["llama-swap", "matrix", "evict-cost"]
    assert found.blocks[0].label == "voice"
    assert kinds(at('model "a/b:7b" {\n  |\n}')) == ["model"]
    assert at('model "a/b:7b" {\n  |\n}').blocks[0].label == "a/b:7b"


def test_a_block_that_is_not_closed_ends_where_the_next_begins() -> None:
    assert kinds(at("host x {\n    ram = 1GiB\n\nmodel y {\n    |\n")) == ["model"]


def test_keys_before_and_behind_the_cursor_are_known() -> None:
    found = at("host x {\n    ram = 1GiB\n    |\n    gpus = [a]\n}\n\nhost y {\n    sudo = on\n}\n")
    assert found.blocks[0].keys == ["ram", "gpus"]


def test_items_of_a_list_are_known() -> None:
    assert at('host x {\n    gpus = [a, "b c", |]\n}\n').items == ("a", "b c")


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.sampled_from('ab-1 \n\t{}[]()=&|+"#,\\\r') | st.characters(), max_size=60),
    st.integers(1, 12),
    st.integers(1, 30),
)
def test_any_place_in_any_text_is_somewhere(text: str, line: int, column: int) -> None:
    found = cursor_at(text, Position(line, column))
    assert not found.word or found.start.line == line
