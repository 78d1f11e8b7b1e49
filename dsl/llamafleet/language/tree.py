"""Builds the node of each grammar rule from tokens and nodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..source import Span
from .comments import NOTHING, LineEnd, attach_comments, attach_items, read_line_end
from .syntax import (
    AllOf,
    AnyOf,
    Attribute,
    Block,
    Comment,
    Comments,
    Directive,
    Duration,
    File,
    MatrixSet,
    Member,
    Name,
    Number,
    SetReference,
    Size,
    Text,
    Word,
)
from .tokens import Token

UNREADABLE = "\0"
"""The kind of a block whose header could not be read; the block is not part of the tree."""

BYTES: dict[str, int] = {
    unit + suffix: base**power
    for power, unit in enumerate("KMGT", 1)
    for suffix, base in (("B", 1000), ("iB", 1024))
}
MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
ESCAPES = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\"}

NO_COMMENTS = Comments()
"""Those of most nodes: one for all."""

Parts = list[Any]


def build(rule: str, parts: Parts, path: str) -> object:
    """Reduce `parts` by `rule`; lists are rules without a node of their own, and are spliced in."""
    if action := PLAIN.get(rule):
        return action(parts, path)
    if action := REPEATING.get(rule):
        return action(_flat(parts), path)
    if isinstance(parts[0], list):
        # A repetition grows in place: copying it for each entry would be quadratic.
        parts[0].extend(_flat(parts[1:]))
        return parts[0]
    return _flat(parts)


def _flat(parts: Parts) -> Parts:
    for part in parts:
        if isinstance(part, list):
            break
    else:
        return parts
    flat: Parts = []
    for part in parts:
        if isinstance(part, list):
            flat.extend(part)
        else:
            flat.append(part)
    return flat


def _across(first: Any, last: Any, path: str) -> Span:
    start = first.start if isinstance(first, Token) else first.span.start
    end = last.end if isinstance(last, Token) else last.span.end
    return Span(path, start, end)


def _name(token: Token, path: str) -> Name:
    return Name(token.text, token.span(path))


def _word(token: Token, path: str) -> Word:
    span = token.span(path)
    return Name(token.text, span) if token.type == "NAME" else Text(unquote(token.text), span)


def _value(parts: Parts, path: str) -> object:
    (token,) = parts
    if not isinstance(token, Token):
        return token
    return literal(token.type, token.text, token.span(path))


def literal(kind: str, text: str, span: Span) -> Name | Text | Size | Duration | Number:
    """Return the node of a value that is one token."""
    match kind:
        case "NAME":
            return Name(text, span)
        case "STRING":
            return Text(unquote(text), span)
        case "SIZE":
            return Size(text, in_bytes(text), span)
        case "DURATION":
            return Duration(text, in_milliseconds(text), span)
        case _:
            return Number(text, span)


def unquote(text: str) -> str:
    """Return the content of a quoted string."""
    inner = text[1:-1]
    return re.sub(r"\\.", lambda found: ESCAPES[found[0]], inner) if "\\" in inner else inner


def in_bytes(text: str) -> int:
    """Return the bytes of a size such as `1.5GiB`, rounded down."""
    number = text.rstrip("KMGTiB")
    whole, _, fraction = number.partition(".")
    digits = int(whole + fraction)
    scale: int = 10 ** len(fraction)
    return digits * BYTES[text[len(number) :]] // scale


def in_milliseconds(text: str) -> int:
    """Return the milliseconds of a duration such as `1m30s`."""
    parts = re.findall(r"([0-9]+)(ms|[smhd])", text)
    return sum(int(number) * MILLISECONDS[unit] for number, unit in parts)


def _list(parts: Parts, path: str) -> object:
    inner = [
        read_line_end(part, path) if isinstance(part, Token) else part
        for part in parts[1:-1]
        if not (isinstance(part, Token) and part.type == "COMMA")
    ]
    return attach_items(inner, _across(parts[0], parts[-1], path))


def _term(parts: Parts, path: str) -> object:
    match parts:
        case [Token(type="NAME") as token]:
            return Member(token.text, token.span(path))
        case [Token(type="SET_REF") as token]:
            return SetReference(token.text[1:], token.span(path))
        case [_, inner, _]:
            return inner
    raise AssertionError(parts)


def _all_of(parts: Parts, path: str) -> object:
    return AllOf(tuple(parts[::2]), _across(parts[0], parts[-1], path))


def _any_of(parts: Parts, path: str) -> object:
    return AnyOf(tuple(parts[::2]), _across(parts[0], parts[-1], path))


def _directive(parts: Parts, path: str) -> object:
    keyword, literal, newline = parts
    end = read_line_end(newline, path)
    value: Any = _value([literal], path)
    span = _across(keyword, literal, path)
    return Directive(_name(keyword, path), value, span, Comments(after=end.after)), end


def _attribute(parts: Parts, path: str) -> object:
    word, _, value, newline = parts
    end = read_line_end(newline, path)
    key = _word(word, path)
    return Attribute(key, value, _across(key, value, path), behind(end)), end


def _matrix_set(parts: Parts, path: str) -> object:
    keyword, name, _, expression, newline = parts
    end = read_line_end(newline, path)
    span = _across(keyword, expression, path)
    node = MatrixSet(_name(keyword, path), _name(name, path), expression, span, behind(end))
    return node, end


def behind(end: LineEnd) -> Comments:
    """Return the comments of an entry of one line."""
    return Comments(after=end.after) if end.after else NO_COMMENTS


def _block(parts: Parts, path: str) -> object:
    first, *rest, brace, newline = parts
    kind = _word(first, path)
    label = _word(rest.pop(0), path) if rest[0].type != "LBRACE" else None
    opening = NOTHING
    entries: tuple[Any, ...] = ()
    closing: tuple[Comment, ...] = ()
    if len(rest) > 1:
        opening = read_line_end(rest[1], path)
        entries, closing = attach_comments(readable(rest[2:]), opening.below)
    end = read_line_end(newline, path)
    node = Block(
        kind,
        label,
        entries,
        _across(kind, label or kind, path),
        _across(kind, brace, path),
        _around(opening.after, closing, end.after),
    )
    return node, end


def _around(after: Comment | None, closing: tuple[Comment, ...], end: Comment | None) -> Comments:
    return Comments((), after, closing, end) if after or closing or end else NO_COMMENTS


def _start(parts: Parts, path: str) -> object:
    first = read_line_end(parts.pop(0), path) if parts and isinstance(parts[0], Token) else NOTHING
    entries, closing = attach_comments(readable(parts), first.all)
    return File(path, entries, closing)


def readable(entries: Parts) -> Parts:
    """Return the entries without blocks whose header was unreadable."""
    return [
        each
        for each in entries
        if not isinstance(each[0], Block) or each[0].kind.text != UNREADABLE
    ]


Action = Callable[[Parts, str], object]

PLAIN: dict[str, Action] = {
    "directive": _directive,
    "attribute": _attribute,
    "_value": _value,
}
"""Rules that repeat nothing, which most of a file is."""

REPEATING: dict[str, Action] = {
    "start": _start,
    "block": _block,
    "matrix_set": _matrix_set,
    "list": _list,
    "_term": _term,
    "all_of": _all_of,
    "any_of": _any_of,
}
