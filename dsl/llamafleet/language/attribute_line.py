"""Builds the node of the usual line of a fleet file, `key = value`, from one match."""

from __future__ import annotations

import re

from ..source import Position, Span
from .comments import NOTHING, LineEnd, read_line_end
from .syntax import Attribute, Name
from .tables import LITERALS
from .tokens import LONGEST_NUMBER, NUMBERS, Token
from .tree import NO_COMMENTS, behind, literal

_new = tuple.__new__


def read_attribute(
    found: re.Match[str], path: str, line: int, line_start: int
) -> tuple[Attribute, LineEnd] | None:
    """Return the node and the comments at its end; None if its number has too many digits.

    `line` is where it stands, and `line_start` the offset of that line in the text.
    """
    for kind in LITERALS:
        if (value := found[kind]) is not None:
            break
    else:
        raise AssertionError(found)
    if len(value) > LONGEST_NUMBER and kind in NUMBERS:
        return None
    left = line_start - 1
    (first, last), (begin, end) = found.span("key"), found.span(kind)
    start = _new(Position, (line, first - left))
    stop = _new(Position, (line, end - left))
    name_span = _new(Span, (path, start, _new(Position, (line, last - left))))
    value_span = _new(Span, (path, _new(Position, (line, begin - left)), stop))
    name, node = Name(found["key"], name_span), literal(kind, value, value_span)
    span, newline = _new(Span, (path, start, stop)), found["_NL"]
    if "#" not in newline:
        return Attribute(name, node, span, NO_COMMENTS), NOTHING
    comments = read_line_end(Token("_NL", newline, line, found.start("_NL") - left), path)
    return Attribute(name, node, span, behind(comments)), comments
