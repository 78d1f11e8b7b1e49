"""The usual line of a fleet file, `key = value`, in one match instead of four tokens.

The pattern is put together from the terminals of the grammar. What it does not match is no error:
lists, quoted keys and everything else are read token by token.
"""

from __future__ import annotations

import re

from ..source import Position, Span
from .comments import NOTHING, LineEnd, read_line_end
from .syntax import Attribute, Name
from .tables import Tables
from .tokens import LONGEST_NUMBER, NUMBERS, Token
from .tree import NO_COMMENTS, behind, literal

SYMBOL = "attribute"
"""Name of such a line in the grammar."""
FIRST = "NAME"
"""The token that it begins with."""
LITERALS = ("NAME", "STRING", "NUMBER", "SIZE", "DURATION")
"""The tokens that are a value, the most frequent first."""

_new = tuple.__new__


def attribute_line(tables: Tables) -> re.Pattern[str]:
    """Return the pattern of a whole line, its line end included; groups are named as tokens."""
    forms = dict(tables.terminals)
    # In the order of the lexer, which tries sizes before numbers.
    values = "|".join(f"(?P<{kind}>{form})" for kind, form in tables.terminals if kind in LITERALS)
    blank = r"[ \t]*"
    return re.compile(
        f"(?P<key>{forms[FIRST]}){blank}={blank}(?:{values}){blank}(?P<_NL>{forms['_NL']})"
    )


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
