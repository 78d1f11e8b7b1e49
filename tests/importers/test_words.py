"""Splitting command lines: as a POSIX shell does, with the place of every word."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from llamafleet.fleet.words import split
from llamafleet.source import Position

PIECES = st.text(alphabet="ab -\"'\\$`#=\t{}é", max_size=12)


@given(st.lists(PIECES, max_size=6))
def test_quoted_words_come_back(words: list[str]) -> None:
    line = " ".join(shlex.quote(word) for word in words)
    assert [word.text for word in split(line, "f")] == words


@given(st.text(alphabet="ab \"'\\\n", max_size=20))
def test_nothing_is_too_odd(text: str) -> None:
    split(text, "f")


def test_every_word_knows_its_place() -> None:
    words = split("one 'two  three'\n  four", "f", Position(3, 5))
    assert [(word.text, word.span.start, word.span.end) for word in words] == [
        ("one", (3, 5), (3, 8)),
        ("two  three", (3, 9), (3, 21)),
        ("four", (4, 3), (4, 7)),
    ]


def test_quotes_that_never_close_end_with_the_text() -> None:
    assert [word.text for word in split("a 'b c", "f")] == ["a", "b c"]


def test_an_empty_argument_is_an_argument() -> None:
    assert [word.text for word in split("a '' \"\"", "f")] == ["a", "", ""]
