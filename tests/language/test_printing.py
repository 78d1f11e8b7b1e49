"""Diagnostics in print: excerpts, carets, and nothing that steers a terminal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamafleet.diagnostics.as_json import as_json
from llamafleet.diagnostics.as_text import as_text
from llamafleet.diagnostics.model import Diagnostics, Label
from llamafleet.diagnostics.suggest import edits, suggest
from llamafleet.source import Position, Source, Span


def span(line: int, first: int, last: int, path: str = "f.fleet") -> Span:
    return Span(path, Position(line, first), Position(line, last))


def printed(text: str, found: Diagnostics) -> str:
    return as_text(found, {"f.fleet": Source("f.fleet", text)})


def test_the_other_place_and_the_way_out() -> None:
    found = Diagnostics()
    related = (Label(span(2, 7, 8), "first here"), Label(span(12, 1, 5)))
    found.error("duplicate-name", "two", span(10, 7, 8), "again", related=related, hint="rename")
    text = "fleet 1\nmodel a {\n" + "\n" * 7 + "model a {\n\nlast }"
    assert printed(text, found) == (
        "error[duplicate-name]: two\n"
        "  --> f.fleet:10:7\n"
        "   |\n"
        " 2 | model a {\n"
        "   |       - first here\n"
        "...\n"
        "10 | model a {\n"
        "   |       ^ again\n"
        "...\n"
        "12 | last }\n"
        "   | ----\n"
        "   = hint: rename\n\n"
    )


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("\tk = bad", "bad"),
        ("k = 中文 bad", "bad"),
        ('k = "e\u0301" bad', "bad"),
        ("k = bad\tx", "bad"),
        ("k\t=\t中 bad", "bad"),
    ],
)
def test_carets_stand_below_their_word(line: str, word: str) -> None:
    first = line.index(word) + 1
    found = Diagnostics()
    found.error("x", "m", span(1, first, first + len(word)))
    shown, marks = printed(line, found).splitlines()[3:5]
    before = shown[: shown.index(word)]
    wide = sum(each in "中文" for each in before) - before.count("\u0301")
    assert marks.index("^") == len(before) + wide
    assert marks.count("^") == len(word)


def test_places_outside_of_the_text_do_not_matter() -> None:
    found = Diagnostics()
    found.error("x", "m", span(9, 5, 6))
    found.error("x", "m", Span("f.fleet", Position(1, 3), Position(4, 1)))
    found.error("x", "m", span(3, 4, 5, path="unread.fleet"))
    text = printed("abc", found)
    assert "--> unread.fleet:3:4" in text
    assert "| abc\n  |   ^\n" in text


def test_long_lines_are_cut() -> None:
    found = Diagnostics()
    found.error("x", "m", span(1, 1, 100_000))
    assert max(map(len, printed("a" * 100_000, found).splitlines())) < 200


def test_colours_are_only_added() -> None:
    found = Diagnostics()
    found.warning("x", "m", span(1, 1, 2), "label", hint="h")
    sources = {"f.fleet": Source("f.fleet", "abc")}
    colored = as_text(found, sources, color=True)
    assert "\x1b[1;33m" in colored
    plain = colored
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m"):
        plain = plain.replace(code, "")
    assert plain == as_text(found, sources)


@given(st.text(max_size=30), st.text(max_size=30))
def test_nothing_steers_the_terminal(line: str, message: str) -> None:
    found = Diagnostics()
    found.error("x", message, span(1, 1, 3), message, hint=message)
    source = Source("f\x1b.fleet", line)
    text = as_text(found, {"f.fleet": source})
    assert all(each.isprintable() or each == "\n" for each in text)


def test_json_has_every_place() -> None:
    found = Diagnostics()
    related = (Label(span(1, 2, 3), "there"),)
    found.error("code", 'says "é"\n', span(4, 5, 6), "here", related=related, hint="so")
    (line,) = as_json(found).splitlines()
    assert json.loads(line) == {
        "version": 1,
        "code": "code",
        "severity": "error",
        "message": 'says "é"\\n',
        "file": "f.fleet",
        "line": 4,
        "column": 5,
        "end_line": 4,
        "end_column": 6,
        "label": "here",
        "hint": "so",
        "refused": False,
        "related": [
            {
                "message": "there",
                "file": "f.fleet",
                "line": 1,
                "column": 2,
                "end_line": 1,
                "end_column": 3,
            }
        ],
    }


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("cache-typ-k", "cache-type-k"),
        ("chace-type-k", "cache-type-k"),
        ("Cache_Type_K", "cache-type-k"),
        ("cache-type-x", None),
        ("modle", "model"),
        ("model", None),
        ("zzz", None),
        ("", None),
        ("m" * 100_000, None),
    ],
)
def test_did_you_mean(word: str, meant: str | None) -> None:
    assert suggest(word, ["cache-type-k", "cache-type-v", "model", "gguf", "a"]) == meant


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edits_are_a_distance(a: str, b: str) -> None:
    assert edits(a, b, 9) == edits(b, a, 9)
    assert (edits(a, b, 9) == 0) == (a == b)
    assert abs(len(a) - len(b)) <= edits(a, b, 9) <= max(len(a), len(b))
    assert edits(a, b, 2) == min(edits(a, b, 9), 3)
