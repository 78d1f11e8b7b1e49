"""Columns of an editor and of the compiler.

An editor counts from 0, in units of an encoding that it and the server agree on: UTF-16 unless it
offers better. The compiler counts from 1, in code points.
"""

from __future__ import annotations

from typing import NamedTuple

from ..source import Position, Source

UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
"""For each encoding of the protocol, Python's, and how many bytes a unit has."""


class EditorPosition(NamedTuple):
    """A position as editors count: line and character from 0."""

    line: int
    character: int


def editor_position(position: Position, source: Source | None, encoding: str) -> EditorPosition:
    """Convert a position of the compiler to the editor's units."""
    line = _line(source, position.line)
    codec, size = UNITS[encoding]
    before = line[: position.column - 1]
    beyond = max(0, position.column - 1 - len(line))
    units = len(before.encode(codec, "surrogatepass")) // size
    return EditorPosition(position.line - 1, units + beyond)


def compiler_position(position: EditorPosition, source: Source, encoding: str) -> Position:
    """Convert an editor's position; beyond the end of a line is its end."""
    line = _line(source, position.line + 1)
    codec, size = UNITS[encoding]
    before = line.encode(codec, "surrogatepass")[: position.character * size]
    # In the middle of a character is in front of it.
    return Position(position.line + 1, len(before.decode(codec, "ignore")) + 1)


def end_position(source: Source, encoding: str) -> EditorPosition:
    """Return the position after the last character of a text."""
    number = len(source.lines)
    return editor_position(Position(number, len(source.lines[-1]) + 1), source, encoding)


def _line(source: Source | None, number: int) -> str:
    known = source is not None and 0 < number <= len(source.lines)
    return source.lines[number - 1] if source is not None and known else ""
