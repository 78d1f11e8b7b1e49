"""The text for the word under the mouse: its explanation, or the block it refers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...explain import UnknownWordError, explain
from ...language.syntax import Block, File
from ...source import Position, Source
from ..cursor import Cursor, Slot, cursor_at
from ..kinds import TOP, referred, schema_of, type_of
from ..names import SERVICE, declared, members

LONGEST = 20
"""Lines of a block that are shown."""

DIRECTIVES = {
    "fleet": "fleet 1\n    The version of the language; the first line of every file.",
    "include": 'include "other.fleet"\n    Include that file; its path is relative to this one.',
}


@dataclass(frozen=True, slots=True)
class Hover:
    """A text, in which language it is, and the word that it speaks of."""

    text: str
    language: str
    start: Position
    end: Position


def hover(
    text: str, position: Position, files: Sequence[File], sources: Mapping[str, Source]
) -> Hover | None:
    """Return the text for the word at a position; None if there is nothing to say."""
    cursor = cursor_at(text, position)
    if not cursor.word:
        return None
    end = Position(cursor.start.line, cursor.start.column + len(cursor.word))
    block = _named(cursor, files)
    if block is not None and block.span.path in sources:
        shown = _excerpt(block, sources[block.span.path])
        return Hover(shown, "fleet", cursor.start, end)
    told = _told(cursor)
    return Hover(told.rstrip("\n"), "text", cursor.start, end) if told else None


def _told(cursor: Cursor) -> str:
    """Return the explanation of a kind or a key; a value is explained by its key."""
    word = cursor.key if cursor.slot in (Slot.VALUE, Slot.LABEL) else cursor.word
    if not cursor.blocks:
        return DIRECTIVES.get(word) or (_explained(word) if word in TOP else "")
    schema = schema_of(each.kind for each in cursor.blocks)
    if schema is None or cursor.slot not in (Slot.KEY, Slot.VALUE, Slot.LABEL):
        return ""
    if word in schema.table or word in schema.refused:
        return _explained(f"{schema.kind}.{word}") or _explained(word)
    return _explained(word) if any(word == inner.kind for inner in schema.blocks) else ""


def _explained(word: str) -> str:
    try:
        return explain(word)
    except UnknownWordError:
        return ""


def _named(cursor: Cursor, files: Sequence[File]) -> Block | None:
    """Return the block that the word refers to; None if it is not a reference."""
    schema = schema_of(each.kind for each in cursor.blocks)
    if schema is None:
        return None
    names = declared(files)
    word = cursor.word.strip('"')
    known = members(names[SERVICE].get(cursor.blocks[0].label))
    if cursor.slot is Slot.EXPRESSION or (schema.sets and cursor.slot is Slot.KEY):
        return names.get("model", {}).get(known.meant.get(word, word))
    if cursor.slot is Slot.VALUE:
        for kind in sorted(referred(type_of(schema, cursor.key))):
            if found := names.get(kind, {}).get(word):
                return found
    return None


def _excerpt(block: Block, source: Source) -> str:
    """Return the text of a block, shortened to LONGEST lines."""
    first, last = block.span.start.line, block.span.end.line
    lines = source.lines[first - 1 : last]
    if len(lines) > LONGEST:
        lines = (*lines[: LONGEST - 1], "    ...")
    return "\n".join(lines)
