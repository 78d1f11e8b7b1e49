"""Whatever a file holds, reading it ends soon, and in a tree and diagnostics."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.diagnostics.as_json import as_json
from llamafleet.diagnostics.as_text import as_text
from llamafleet.diagnostics.model import Diagnostics
from llamafleet.language.formatter import format_file
from llamafleet.language.parser import parse
from llamafleet.language.reading import decode
from llamafleet.source import Source

SECONDS = 15
"""Several times what the slowest takes on a slow machine; quadratic time would be minutes."""

MIB = 2**20


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{" * MIB, id="braces on one line"),
        pytest.param("{\n" * (MIB // 2), id="braces"),
        pytest.param("}\n" * (MIB // 2), id="closing braces"),
        pytest.param("a {\n" * (MIB // 4), id="blocks that never end"),
        pytest.param("m {\na = [\n" + "[\n" * (MIB // 2), id="lists that never end"),
        pytest.param("m {\n" + "a = [\n" * (MIB // 6), id="lists cut off by entries"),
        pytest.param("m {\na = " + "[" * MIB, id="deep list"),
        pytest.param("m {\nset a = " + "(" * MIB, id="deep parentheses"),
        pytest.param("m {\na = [" + "1," * (MIB // 8) + "]\n}\n", id="long list"),
        pytest.param("m {\nset a = b" + " & b" * (MIB // 16) + "\n}\n", id="long set"),
        pytest.param("m {\n" + "a = 1\n" * (MIB // 24) + "}\n", id="long block"),
        pytest.param("\n" * MIB, id="newlines"),
        pytest.param("# c\n" * (MIB // 4), id="comments"),
        pytest.param(" " * MIB, id="spaces"),
        pytest.param("1" * MIB, id="a long number"),
        pytest.param("a" * MIB, id="a long name"),
        pytest.param('"' * MIB, id="quotes"),
        pytest.param('a = "' + "\\" * MIB, id="backslashes"),
        pytest.param("\u202e" * MIB, id="characters that reverse the text"),
        pytest.param("1m" * (MIB // 2), id="a long duration"),
    ],
)
def test_a_megabyte_of_anything_takes_linear_time(text: str) -> None:
    source = Source("f.fleet", text)
    start = time.perf_counter()
    _, found = parse(source)
    as_text(found, {"f.fleet": source})
    assert time.perf_counter() - start < SECONDS


ALPHABET = st.text(
    st.one_of(st.sampled_from('{}[]()=,&|+"#\\\n\r\t\0 ab1.-é中\u2028\ufeff'), st.characters()),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(ALPHABET)
def test_any_text_parses_to_a_tree_and_diagnostics_that_print(text: str) -> None:
    source = Source("f.fleet", text)
    _, found = parse(source)
    printed = as_text(found, {"f.fleet": source})
    assert printed.isprintable() or all(c.isprintable() or c == "\n" for c in printed)
    assert len(as_json(found).splitlines()) == len(found)
    for each in found:
        start, end = each.primary.span.start, each.primary.span.end
        assert start <= end
        assert 1 <= start.line <= len(source.lines) + 1


@settings(max_examples=200, deadline=None)
@given(ALPHABET)
def test_any_text_is_formatted_or_left_as_it_is(text: str) -> None:
    formatted = format_file(Source("f.fleet", text))
    if formatted.diagnostics.has_errors:
        assert formatted.text == text


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_text_or_a_diagnostic(data: bytes) -> None:
    found = Diagnostics()
    source = decode("f.fleet", data, found)
    assert (source is None) == found.has_errors
