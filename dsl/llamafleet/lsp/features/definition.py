"""The declaration of the name at a position."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...language.syntax import (
    AllOf,
    AnyOf,
    Attribute,
    Block,
    Directive,
    Expression,
    File,
    MatrixSet,
    Member,
    SetReference,
    Text,
)
from ...source import Position, Source, Span
from ..kinds import KEYED_BY_MODEL, referred, schema_of, type_of
from ..names import NOBODY, SERVICE, Members, Names, declared, members, names_in


def definition(file: File, position: Position, files: Sequence[File]) -> Span | None:
    """Return the span that declares the name at a position of `file`, one of `files`."""
    for entry in file.entries:
        if not _within(position, entry.span):
            continue
        match entry:
            case Directive(value=Text(text=included) as value) if _within(position, value.span):
                path = os.path.normpath(Path(file.path).parent / included)
                return Source(path, "").whole()
            case Block():
                return _in_block(entry, (), position, declared(files))
    return None


def _in_block(
    block: Block, around: tuple[Block, ...], position: Position, names: Names
) -> Span | None:
    blocks = (*around, block)
    for entry in block.entries:
        if not _within(position, entry.span):
            continue
        match entry:
            case Block():
                return _in_block(entry, blocks, position, names)
            case Attribute():
                return _in_attribute(entry, blocks, position, names)
            case MatrixSet():
                return _in_set(entry, _members(blocks, names), position, names)
    return None


def _in_attribute(
    entry: Attribute, blocks: tuple[Block, ...], position: Position, names: Names
) -> Span | None:
    schema = schema_of(each.kind.text for each in blocks)
    if schema is None:
        return None
    if schema.kind in KEYED_BY_MODEL and _within(position, entry.key.span):
        return _member(entry.key.text, _members(blocks, names), names)
    for each in names_in(entry.value):
        if _within(position, each.span):
            for kind in sorted(referred(type_of(schema, entry.key.text))):
                if found := names.get(kind, {}).get(each.text):
                    return label_of(found)
    return None


def _in_set(entry: MatrixSet, known: Members, position: Position, names: Names) -> Span | None:
    for leaf in leaves(entry.expression):
        if _within(position, leaf.span):
            if isinstance(leaf, SetReference):
                return known.sets.get(leaf.text)
            return _member(leaf.text, known, names)
    return None


def _member(text: str, known: Members, names: Names) -> Span | None:
    if text in known.handles:
        return known.handles[text]
    model = names.get("model", {}).get(text)
    return label_of(model) if model else None


def _members(blocks: tuple[Block, ...], names: Names) -> Members:
    label = blocks[0].label
    return members(names[SERVICE].get(label.text)) if label else NOBODY


def leaves(expression: Expression) -> Iterator[Member | SetReference]:
    """Yield the names in a set expression."""
    match expression:
        case Member() | SetReference():
            yield expression
        case AllOf(terms) | AnyOf(terms):
            for term in terms:
                yield from leaves(term)


def label_of(block: Block) -> Span:
    """Return the span of a block's name."""
    return block.label.span if block.label else block.header


def _within(position: Position, span: Span) -> bool:
    """Also just behind the last letter, where editors put the cursor after a word."""
    return span.start <= position <= span.end
