"""Completion of kinds, keys, words and names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from ...explain import default_of
from ...fleet.schema.block import BlockSchema, Key
from ...fleet.schema.model_keys import DEFAULTS
from ...fleet.schema.swap_routing import EVICT_COST
from ...fleet.schema.value_type import BARE_WORD
from ...language.syntax import File
from ...source import Position
from ..cursor import Cursor, Slot, cursor_at
from ..kinds import KEYED_BY_MODEL, TOP, referred, schema_of, type_of, words_of
from ..names import NOBODY, SERVICE, Members, declared, members


class Sort(Enum):
    """The kind of a completion item, for the editor's icon."""

    BLOCK = auto()
    KEY = auto()
    WORD = auto()
    NAME = auto()
    DIRECTIVE = auto()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that could be written.

    `insert` takes the place of the word at the cursor. In a `snippet`, `$0` is where the cursor
    goes, and `$1` what the user fills in first.
    """

    label: str
    sort: Sort
    detail: str = ""
    help: str = ""
    insert: str = ""
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """The items, and where the word begins and ends that they replace."""

    items: tuple[Item, ...]
    start: Position
    end: Position


def complete(text: str, position: Position, files: Sequence[File]) -> Completion:
    """Return the completion items at a position, with the names that `files` declare."""
    cursor = cursor_at(text, position)
    end = Position(cursor.start.line, cursor.start.column + len(cursor.word))
    followed = _behind(text, end)
    return Completion(tuple(_items(cursor, files, text, followed)), cursor.start, end)


def _behind(text: str, position: Position) -> str:
    lines = text.split("\n")
    return lines[position.line - 1][position.column - 1 :] if position.line <= len(lines) else ""


def _items(cursor: Cursor, files: Sequence[File], text: str, followed: str) -> Iterator[Item]:
    schema = schema_of(each.kind for each in cursor.blocks)
    match cursor.slot:
        case Slot.KIND:
            yield from _directives(text)
            yield from (_block(each) for each in TOP.values())
        case Slot.LABEL if not cursor.blocks and cursor.key == DEFAULTS.kind:
            yield Item("model", Sort.WORD, DEFAULTS.help)
        case Slot.KEY if schema:
            yield from _keys(cursor, schema, files, followed)
        case Slot.VALUE if schema:
            yield from _values(cursor, schema, files)
        case Slot.EXPRESSION if schema and schema.sets:
            yield from _terms(_members(cursor, files))


def _directives(text: str) -> Iterator[Item]:
    if not re.search(r"^[ \t]*fleet\b", text, re.MULTILINE):
        yield Item("fleet", Sort.DIRECTIVE, "the version of the language", insert="fleet 1")
    snippet = 'include "$0"'
    yield Item("include", Sort.DIRECTIVE, "include another file", snippet=snippet)


def _block(schema: BlockSchema) -> Item:
    name = "defaults model" if schema is DEFAULTS else schema.kind
    label = " ${1:name}" if schema.labelled and schema is not DEFAULTS else ""
    snippet = f"{name}{label} {{\n    $0\n}}"
    return Item(schema.kind, Sort.BLOCK, schema.help, snippet=snippet)


def _keys(
    cursor: Cursor, schema: BlockSchema, files: Sequence[File], followed: str
) -> Iterator[Item]:
    written = list(cursor.blocks[-1].keys)
    if cursor.word in written:
        written.remove(cursor.word)
    equals = "" if re.match(r"[ \t]*=", followed) else " = "
    for key in schema.keys:
        if not key.same_as and key.name not in written:
            yield Item(key.name, Sort.KEY, _takes(key), key.help, key.name + equals)
    for inner in schema.blocks:
        if inner.labelled or inner.kind not in written:
            yield _block(inner)
    if schema.sets:
        yield Item(
            "set", Sort.KEY, "models that may be loaded together", snippet="set ${1:name} = $0"
        )
    if schema.kind in KEYED_BY_MODEL:
        known = _members(cursor, files)
        for item in _costed(known) if schema.kind == EVICT_COST.kind else _models(known):
            if item.label not in written:
                yield Item(item.label, item.sort, item.detail, insert=item.insert + equals)


def _takes(key: Key) -> str:
    default = default_of(key)
    told = "required" if key.required else f"default {default}" if default else ""
    return f"{key.type.expected}; {told}" if told else key.type.expected


def _values(cursor: Cursor, schema: BlockSchema, files: Sequence[File]) -> Iterator[Item]:
    kind = type_of(schema, cursor.key)
    key = schema.table.get(cursor.key)
    default = default_of(key) if key else ""
    for word in words_of(kind):
        if word not in cursor.items:
            detail = "default" if word == default else ""
            yield Item(word, Sort.WORD, detail, insert=written_as(word))
    if schema.removable and "none" not in words_of(kind) and not cursor.items:
        yield Item("none", Sort.WORD, "remove an inherited value")
    names = declared(files)
    own = cursor.blocks[-1]
    for each in sorted(referred(kind)):
        for name, block in names.get(each, {}).items():
            itself = (own.kind, own.label) == (block.kind.text, name)
            if name not in cursor.items and not itself:
                yield Item(name, Sort.NAME, block.kind.text, insert=written_as(name))


def _members(cursor: Cursor, files: Sequence[File]) -> Members:
    service = declared(files)[SERVICE].get(cursor.blocks[0].label)
    return members(service) if service else NOBODY


def _models(known: Members) -> Iterator[Item]:
    for model in known.models:
        yield Item(model, Sort.NAME, "model", insert=written_as(model))


def _costed(known: Members) -> Iterator[Item]:
    for handle in known.handles:
        yield Item(handle, Sort.NAME, f"handle of {known.meant[handle]}", insert=handle)
    yield from (each for each in _models(known) if each.label not in known.handles)


def _terms(known: Members) -> Iterator[Item]:
    """Yield what a set can name; a model whose name is not a bare word needs a handle."""
    yield from (each for each in _costed(known) if BARE_WORD.fullmatch(each.label))
    for name in known.sets:
        yield Item(f"+{name}", Sort.NAME, "the combinations of that set", insert=f"+{name}")


def written_as(name: str) -> str:
    """Return a word or name as a fleet file writes it."""
    if BARE_WORD.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
