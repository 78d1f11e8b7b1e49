"""Syntax errors: each is found in one run, where it is, in words; and what is right survives."""

from __future__ import annotations

import pytest

from llamafleet.language.parser import parse
from llamafleet.language.recovery import MOST_ERRORS
from llamafleet.language.syntax import Attribute, Block, Items
from llamafleet.source import Source


def errors(text: str) -> list[str]:
    _, found = parse(Source("f.fleet", text))
    assert {each.code for each in found} <= {"syntax"}
    starts = ((each.primary.span.start, each.message) for each in found)
    return [f"{start.line}:{start.column} {message}" for start, message in starts]


def names(text: str) -> dict[str, list[str]]:
    """Blocks that survive, with their keys."""
    file, _ = parse(Source("f.fleet", text))
    return {
        each.label.text if each.label else each.kind.text: [
            entry.key.text for entry in each.entries if isinstance(entry, Attribute)
        ]
        for each in file.entries
        if isinstance(each, Block)
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("k =", "2:4 unexpected newline, expected a value"),
        ("k 8192", '2:3 unexpected number, expected "=" (or "{", a label)'),
        ("k = [0 1]", '2:8 unexpected number, expected "," or "]"'),
        ("k = [0,, 1]", '2:8 unexpected ",", expected a value or "]"'),
        ("k = 64K", "2:7 unexpected name K, expected end of line"),
        ("k = 1 2", "2:7 unexpected number, expected end of line"),
        ("k = 'a'", '2:5 unexpected character "\'", expected a value'),
        ('k = "a', '2:5 text has no closing "'),
        (r'k = "C:\dir"', r"2:5 unknown escape \d in text"),
        ("k: 1", '2:2 unexpected character ":", expected "=" (or "{", a label)'),
        ("= 1", '2:1 unexpected "=", expected a key, a block or "}"'),
        ("set v = a &", '2:12 unexpected newline, expected a model\'s name, a set (+name) or "("'),
        ("set v = (a", '2:11 unexpected newline, expected "&", "|" or ")"'),
        ("set v = a b", '2:11 unexpected name b, expected "&", "|" or end of line'),
        ("é = 1", '2:1 unexpected character "é", expected a key, a block or "}"'),
        ("k = " + "1" * 50, "2:5 a number of 50 characters is too long"),
        ("k = " + "[" * 40, "2:37 nested more than 32 levels deep"),
        ("set v = " + "(" * 40, "2:41 nested more than 32 levels deep"),
    ],
)
def test_one_bad_line_is_one_error_and_costs_one_line(line: str, message: str) -> None:
    text = f"a b {{\n{line}\n  good = 1\n}}\nc d {{\n  e = 2\n}}\n"
    assert errors(text) == [message]
    assert names(text) == {"b": ["good"], "d": ["e"]}


def test_every_error_is_found_in_one_run() -> None:
    text = "a b {\n k =\n l = [1 2]\n m = 3\n n 4\n}\n}\nc d {\n o = 5 5\n}\n"
    assert [each.split()[0] for each in errors(text)] == ["2:5", "3:9", "5:4", "7:1", "9:8"]
    assert names(text) == {"b": ["m"], "d": []}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("model a:", '1:8 unexpected character ":", expected "{"'),
        ("model a", '1:8 unexpected newline, expected "{"'),
        ("model a = {", '1:9 unexpected "=", expected "{"'),
        ('model a "b" {', '1:9 unexpected text in quotes, expected "{"'),
    ],
)
def test_a_bad_header_still_opens_its_block(header: str, message: str) -> None:
    text = f"{header}\n  k = 1\n}}\nb c {{\n}}\n"
    assert errors(text) == [message]
    assert names(text) == {"a": ["k"], "c": []}


def test_a_block_whose_header_cannot_be_read_is_left_out_but_checked() -> None:
    text = "gpu 3060 {\n  k =\n}\nb c {\n}\n"
    assert len(errors(text)) == 2
    assert names(text) == {"c": []}
    _, found = parse(Source("f.fleet", text))
    assert "double quotes" in next(iter(found)).hint


def test_a_missing_brace_is_seen_at_the_next_block() -> None:
    text = "model a {\n  k = 1\n\nmodel b {\n  l = 2\n}\n\nmodel c {\n}\n"
    assert errors(text) == ['4:1 unexpected block model at the left margin, expected "}"']
    assert names(text) == {"a": ["k"], "b": ["l"], "c": []}
    _, found = parse(Source("f.fleet", text))
    (each,) = found
    assert each.related[0].span.start == (1, 1)


def test_blocks_at_the_margin_are_fine_where_every_brace_is_there() -> None:
    assert errors("a b {\nc {\nd = 1\n}\n}\n") == []


def test_a_missing_brace_at_the_end() -> None:
    assert errors("a b {\n  k = 1") == ['3:1 unexpected end of file, expected "}"']
    assert names("a b {\n  k = 1") == {"b": ["k"]}


def test_a_list_without_its_end_costs_itself_alone() -> None:
    text = "a b {\n  k = [1,\n    2\n  l = 3\n}\n"
    assert errors(text) == ['4:3 unexpected name l, expected "]"']
    assert names(text) == {"b": ["l"]}
    _, found = parse(Source("f.fleet", text))
    (each,) = found
    assert each.related[0].span.start == (2, 7)


def test_a_bad_line_in_a_list_costs_itself_alone() -> None:
    text = "a b {\n  k = [\n    1,\n    2 3,\n    4,\n  ]\n  l = 5\n}\n"
    assert errors(text) == ['4:7 unexpected number, expected "," or "]"']
    file, _ = parse(Source("f.fleet", text))
    (block,) = file.entries
    assert isinstance(block, Block)
    first, second = block.entries
    assert isinstance(first, Attribute)
    assert isinstance(first.value, Items)
    assert isinstance(second, Attribute)
    assert second.key.text == "l"


def test_a_list_that_starts_badly_is_left_out_whole() -> None:
    assert errors("a b {\n  k = [ :1,\n    2,\n  ]\n  l = 5\n}\n") == [
        '2:9 unexpected character ":", expected a value or "]"'
    ]


def test_after_many_errors_the_rest_is_not_read() -> None:
    found = errors("a b {\n" + "x y z\n" * 10_000 + "}\n")
    assert len(found) == MOST_ERRORS + 1
    assert "not read" in found[-1]


def test_control_characters_and_binary_files() -> None:
    assert errors('a {\n  k = "\x1b[31m"\n}\n') == ["2:8 unexpected control character U+001B"]
    _, found = parse(Source("f.fleet", "\x7fELF\0\0"))
    assert [each.code for each in found] == ["not-text"]
