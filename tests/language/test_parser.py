"""What the parser builds: nodes, values, spans, comments."""

from __future__ import annotations

import pytest

from llamafleet.language.parser import parse
from llamafleet.language.syntax import (
    AllOf,
    AnyOf,
    Attribute,
    Block,
    Directive,
    Duration,
    File,
    Items,
    MatrixSet,
    Member,
    Name,
    Number,
    SetReference,
    Size,
    Text,
)
from llamafleet.source import Position, Source, Span

PATH = "f.fleet"


def read(text: str) -> File:
    file, found = parse(Source(PATH, text))
    assert not list(found)
    return file


def span(line: int, first: int, last: int) -> Span:
    return Span(PATH, Position(line, first), Position(line, last))


def attribute(text: str) -> Attribute:
    (block,) = read(f"b {{\n{text}\n}}\n").entries
    assert isinstance(block, Block)
    (entry,) = block.entries
    assert isinstance(entry, Attribute)
    return entry


def test_directives_and_blocks_keep_their_order_and_places() -> None:
    first, second, third = read('fleet 1\ninclude "a.fleet"\nmodel x-1 {\n    k = v\n}\n').entries
    assert first == Directive(
        Name("fleet", span(1, 1, 6)), Number("1", span(1, 7, 8)), span(1, 1, 8)
    )
    assert isinstance(second, Directive)
    assert second.value == Text("a.fleet", span(2, 9, 18))
    assert isinstance(third, Block)
    assert third.label == Name("x-1", span(3, 7, 10))
    assert third.header == span(3, 1, 10)
    assert third.span == Span(PATH, Position(3, 1), Position(5, 2))
    (entry,) = third.entries
    assert entry.span == span(4, 5, 10)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("q4_0", Name("q4_0", span(2, 5, 9))),
        ('"a b"', Text("a b", span(2, 5, 10))),
        (r'"\"\\\n\t"', Text('"\\\n\t', span(2, 5, 15))),
        (r'"\\n"', Text(r"\n", span(2, 5, 10))),
        ("-1.50", Number("-1.50", span(2, 5, 10))),
        ("12GiB", Size("12GiB", 12 * 2**30, span(2, 5, 10))),
        ("17.6GB", Size("17.6GB", 17_600_000_000, span(2, 5, 11))),
        ("1.5KiB", Size("1.5KiB", 1536, span(2, 5, 11))),
        ("90s", Duration("90s", 90_000, span(2, 5, 8))),
        ("1d2h3m4s5ms", Duration("1d2h3m4s5ms", 93_784_005, span(2, 5, 16))),
        ("[]", Items((), span(2, 5, 7))),
    ],
)
def test_values(written: str, value: object) -> None:
    assert attribute(f"k = {written}").value == value


def test_lists_hold_any_value_over_any_lines() -> None:
    value = attribute("k = [a,\n  [1, 2,],\n\n  3m\n]").value
    assert isinstance(value, Items)
    assert [type(each) for each in value.values] == [Name, Items, Duration]
    assert value.span == Span(PATH, Position(2, 5), Position(6, 2))


def test_set_expressions_bind_like_llama_swaps() -> None:
    (block,) = read("matrix {\n set v = a & (b | +c) | d\n}\n").entries
    assert isinstance(block, Block)
    (entry,) = block.entries
    assert isinstance(entry, MatrixSet)
    assert (entry.keyword.text, entry.name.text) == ("set", "v")
    match entry.expression:
        case AnyOf((AllOf((Member("a"), AnyOf((Member("b"), SetReference("c"))))), Member("d"))):
            pass
        case other:
            pytest.fail(str(other))
    assert entry.expression.span == span(2, 10, 26)


def test_comments_find_their_nodes() -> None:
    file = read(
        "# top\n\n# second\nfleet 1  # version\n# above\na {  # open\n  # in\n  k = 1  # one\n"
        "  l = [ # list\n    1, # first\n    # last\n  ] # after\n  # closing\n}  # end\n# eof"
    )
    version, block = file.entries
    assert [each.text for each in version.comments.before] == ["# top", "# second"]
    assert version.comments.before[1].span == span(3, 1, 9)
    assert version.comments.after
    assert version.comments.after.text == "# version"
    assert isinstance(block, Block)
    assert [each.text for each in block.comments.before] == ["# above"]
    assert block.comments.after
    assert block.comments.after.text == "# open"
    assert [each.text for each in block.comments.closing] == ["# closing"]
    assert block.comments.end
    assert block.comments.end.text == "# end"
    one, items = block.entries
    assert [each.text for each in one.comments.before] == ["# in"]
    assert one.comments.after
    assert one.comments.after.text == "# one"
    assert isinstance(items, Attribute)
    assert isinstance(items.value, Items)
    (around,) = items.value.item_comments
    assert [each.text for each in around.before] == ["# list"]
    assert around.after
    assert around.after.text == "# first"
    assert [each.text for each in items.value.closing] == ["# last"]
    assert items.comments.after
    assert items.comments.after.text == "# after"
    assert [each.text for each in file.closing] == ["# eof"]


def test_a_hash_in_text_is_no_comment() -> None:
    entry = attribute('k = "a # b"  # c')
    assert entry.value == Text("a # b", span(2, 5, 12))
    assert entry.comments.after
    assert entry.comments.after.text == "# c"


@pytest.mark.parametrize("text", ["", "\n", "# only\n", "   ", "\r\n\r\n", "a {}", "a {}\r\n"])
def test_small_files(text: str) -> None:
    read(text)


def test_windows_line_ends_leave_no_trace() -> None:
    (block,) = read("a {\r\n  k = v  # c\r\n}\r\n").entries
    assert isinstance(block, Block)
    (entry,) = block.entries
    assert entry.comments.after
    assert entry.comments.after.text == "# c"
    assert entry.span == span(2, 3, 8)


def test_no_word_is_reserved() -> None:
    read("set set {\n set = [include]\n include = set\n fleet = none\n set set = set\n}\n")


def test_keys_and_kinds_may_be_quoted() -> None:
    (block,) = read('m x {\n "a b" = 1\n "7" {\n "" "l" {}\n }\n}\n').entries
    assert isinstance(block, Block)
    key, nested = block.entries
    assert isinstance(key, Attribute)
    assert key.key == Text("a b", span(2, 2, 7))
    assert isinstance(nested, Block)
    assert (nested.kind, nested.header) == (Text("7", span(3, 2, 5)), span(3, 2, 5))
    (inner,) = nested.entries
    assert isinstance(inner, Block)
    assert (inner.kind.text, inner.label and inner.label.text) == ("", "l")
