"""YAML for readers that guess types: every text of a user's is quoted, every number is plain.

A tree is made of `dict` (keys are upstream's own words, written plain), `Named` (keys are names of
the user's, always quoted), `Lines` (a block scalar) and tuples, texts, integers and switches. This
small part of YAML needs no library to write; the tests read it back with one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping whose keys are names of the user's, in the order written."""

    entries: tuple[tuple[str, Tree], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Text of several lines, each ended by a newline: a block scalar where one can hold it."""

    lines: tuple[str, ...]


Tree: TypeAlias = "Mapping[str, Tree] | Named | Lines | tuple[Tree, ...] | str | bool | int"

_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# Words that some reader takes for a switch or for nothing; no key of upstream's is among them.
_GUESSED = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def to_yaml(tree: Tree, *, header: tuple[str, ...] = ()) -> str:
    """The document, with `header` as comment lines above it."""
    lines = [*(f"# {line}" for line in header), *_lines(tree, "")]
    return "\n".join(lines) + "\n"


def quote(text: str) -> str:
    """A text in double quotes."""
    escaped = text if _is_simple(text) else "".join(_character(each) for each in text)
    return f'"{escaped}"'


def _fits_block(line: str) -> bool:
    """Whether every reader leaves a line alone in a block scalar."""
    return line.isprintable() and line != "" and line == line.strip(" ")


def _is_simple(text: str) -> bool:
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def _character(each: str) -> str:
    if each in _ESCAPES:
        return _ESCAPES[each]
    code = ord(each)
    if each.isprintable():
        return each
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _lines(tree: Tree, indent: str) -> Iterator[str]:
    """A value as lines; the first goes behind its key where the value is a scalar."""
    match tree:
        case bool() | int() | str():
            yield indent + _scalar(tree)
        case Lines():
            yield indent + quote("".join(f"{line}\n" for line in tree.lines))
        case tuple():
            for item in tree:
                first, *rest = _lines(item, indent + "  ")
                yield f"{indent}- {first.removeprefix(indent + '  ')}"
                yield from rest
            if not tree:
                yield f"{indent}[]"
        case _:
            pairs = list(_pairs(tree))
            for key, value in pairs:
                yield from _entry(key, value, indent)
            if not pairs:
                yield f"{indent}{{}}"


def _entry(key: str, value: Tree, indent: str) -> Iterator[str]:
    if isinstance(value, Lines) and value.lines and all(map(_fits_block, value.lines)):
        yield f"{indent}{key}: |"
        yield from (f"{indent}  {line}" for line in value.lines)
    elif isinstance(value, str | int | Lines) or not _holds_anything(value):
        yield f"{indent}{key}: {next(_lines(value, ''))}"
    else:
        yield f"{indent}{key}:"
        yield from _lines(value, indent + "  ")


def _holds_anything(tree: Mapping[str, Tree] | Named | tuple[Tree, ...]) -> bool:
    return bool(tree.entries if isinstance(tree, Named) else tree)


def _scalar(value: str | bool | int) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return quote(value)


def _pairs(tree: Mapping[str, Tree] | Named) -> Iterator[tuple[str, Tree]]:
    if isinstance(tree, Named):
        yield from ((quote(key), value) for key, value in tree.entries)
        return
    for key, value in tree.items():
        if not _PLAIN_KEY.fullmatch(key) or key.lower() in _GUESSED:
            raise ValueError(f"{key!r} is no word of upstream's: names of users go into Named")
        yield key, value
