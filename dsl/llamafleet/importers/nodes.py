"""Builders of syntax nodes for trees that are not parsed.

Every node carries the place in the imported file that it comes from, so that whatever is said of
the tree is said there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ..fleet.schema.value_type import BARE_WORD, unprintable
from ..language.syntax import (
    Attribute,
    Block,
    Comment,
    Comments,
    Duration,
    Items,
    MatrixSet,
    Name,
    Number,
    Text,
    Value,
)
from ..language.tree import in_milliseconds
from ..source import Position, Span

Entry: TypeAlias = Attribute | MatrixSet | Block

NO_COMMENTS = Comments()
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
LONGEST_NUMBER = 40  # as the lexer reads them
_SECONDS = re.compile(r"[0-9]{1,9}")


def bare(text: str, span: Span) -> Name | Text:
    """Return a word, in quotes where it must be."""
    return Name(text, span) if BARE_WORD.fullmatch(text) else Text(text, span)


def named(text: str, span: Span) -> Name | Text:
    """Return a reference: like `bare`, but never the word `none`, which removes a key."""
    return Text(text, span) if text == "none" else bare(text, span)


def switch(on: bool, span: Span) -> Name:
    """Return `on` or `off`."""
    return Name("on" if on else "off", span)


def integer(number: int, span: Span) -> Number:
    """Return a whole number."""
    return Number(str(number), span)


def whole_seconds(text: str) -> int | None:
    """Return a number of seconds; None where it is none, or one of more than nine digits."""
    return int(text) if _SECONDS.fullmatch(text) else None


def duration(seconds: int, span: Span) -> Duration:
    """Return a number of seconds as hours, minutes and seconds."""
    parts = []
    rest = seconds
    for unit, size in (("h", 3600), ("m", 60), ("s", 1)):
        if rest >= size:
            parts.append(f"{rest // size}{unit}")
            rest %= size
    return Duration("".join(parts) or "0s", seconds * 1000, span)


def items(values: Iterable[Value], span: Span) -> Items:
    """Return a list."""
    return Items(tuple(values), span)


def texts(words: Iterable[str], span: Span) -> Items:
    """Return a list of quoted texts."""
    return items((Text(word, span) for word in words), span)


def is_number(text: str) -> bool:
    """Return True if the language can hold this number as it is written."""
    return len(text) <= LONGEST_NUMBER and NUMBER.fullmatch(text) is not None


def attribute(key: str, value: Value, comments: Comments = NO_COMMENTS) -> Attribute:
    """Return `key = value`; a key that is not a bare word is quoted."""
    name: Name = bare(key, value.span)  # type: ignore[assignment]
    return Attribute(name, value, value.span, comments)


def is_attribute(entry: Entry, key: str) -> bool:
    """Return True if an entry is the attribute of that key."""
    return isinstance(entry, Attribute) and entry.key.text == key


def block(
    kind: str,
    label: str | None,
    entries: Sequence[Entry],
    span: Span,
    comments: Comments = NO_COMMENTS,
) -> Block:
    """Return `kind label { ... }`; kind and label are quoted where they are not bare words."""
    word: Name = bare(kind, span)  # type: ignore[assignment]
    name = None if label is None else bare(label, span)
    return Block(word, name, tuple(entries), span, span, comments)


def comment(text: str, span: Span) -> Comment:
    """Return a comment of one line; characters that it cannot hold are left out."""
    line = text.replace("\t", "    ")
    line = "".join(each for each in line if not unprintable(each)).strip()
    return Comment(line if line.startswith("#") else f"# {line}".rstrip(), span)


def start_of(path: str) -> Span:
    """Return the span of the very start of a file."""
    return Span(path, Position(1, 1), Position(1, 1))


def go_duration(text: str, span: Span) -> Duration | Text:
    """Return a Go duration (`1m30s`) as a node, or as text where the language cannot hold it."""
    if re.fullmatch(r"(?:[0-9]+(?:ms|s|m|h))+", text):
        return Duration(text, in_milliseconds(text), span)
    return Text(text, span)
