"""Checking a block against its table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...diagnostics.model import Diagnostics, Label
from ...language.syntax import Attribute, Block, MatrixSet, Name, Value, Word
from ...source import Span
from .compound import OneOf
from .fields import Fields
from .free_keys import complete, read_free, read_free_block
from .label import check_label
from .reports import report_mismatch, report_repeated, report_unknown
from .scalars import Choice
from .table import BlockSchema
from .value_type import Mismatch, ValueType, did_you_mean


def read_block(block: Block, schema: BlockSchema, diagnostics: Diagnostics) -> Fields:
    """Check a block against its schema and return what is good in it."""
    check_label(block, schema, diagnostics)
    values: dict[str, Any] = {}
    written: dict[str, Attribute] = {}
    free: dict[str, tuple[Word, Any]] = {}
    sets: list[MatrixSet] = []
    blocks: dict[str, Block] = {}
    named: dict[str, dict[str, Block]] = {}
    removed: set[str] = set()
    for entry in block.entries:
        match entry:
            case Attribute() if schema.free_keys and entry.key.text not in schema.table:
                read_free(entry, schema, free, diagnostics)
            case Attribute():
                _read_attribute(entry, schema, values, written, removed, diagnostics)
            case MatrixSet():
                if _is_set(entry, schema, diagnostics):
                    sets.append(entry)
            case Block() if schema.free_blocks:
                read_free_block(entry, schema, free, read_block, diagnostics)
            case Block():
                _read_nested(entry, schema, blocks, named, diagnostics)
    _check_required(block, schema, written, diagnostics)
    return Fields(
        block,
        schema,
        values,
        written,
        complete(free),
        tuple(sets),
        blocks,
        {kind: tuple(found.values()) for kind, found in named.items()},
        frozenset(removed),
    )


def _read_attribute(
    entry: Attribute,
    schema: BlockSchema,
    values: dict[str, Any],
    written: dict[str, Attribute],
    removed: set[str],
    diagnostics: Diagnostics,
) -> None:
    key = schema.table.get(entry.key.text)
    if key is None:
        report_unknown(entry, schema, diagnostics)
        return
    name = key.same_as or key.name
    if name in written:
        report_repeated(entry, written[name], diagnostics)
        return
    written[name] = entry
    if schema.removable and _is_none(entry.value) and not _takes_none(key.type):
        removed.add(name)
        return
    found = key.type.read(entry.value)
    if not isinstance(found, Mismatch):
        values[name] = found
    else:
        report_mismatch(entry.key.text, found, diagnostics)


def _is_none(value: Value) -> bool:
    return isinstance(value, Name) and value.text == "none"


def _takes_none(kind: ValueType) -> bool:
    """Return True if `none` is a value of upstream's own, as in `split-mode = none`."""
    if isinstance(kind, OneOf):
        return any(_takes_none(each) for each in kind.types)
    return isinstance(kind, Choice) and "none" in kind.words


def _is_set(entry: MatrixSet, schema: BlockSchema, diagnostics: Diagnostics) -> bool:
    words = f"{entry.keyword.text} {entry.name.text}"
    span = Span(entry.span.path, entry.keyword.span.start, entry.name.span.end)
    if not schema.sets:
        joined = f"{entry.keyword.text}-{entry.name.text}"
        hint = (
            f'did you mean "{joined}"?' if joined in schema.table else "write the key as one word"
        )
        message = f'"{words}" is two words; a key of {schema.kind} is one word'
        diagnostics.error("misplaced-set", message, span, hint=hint)
        return False
    if entry.keyword.text != "set":
        message = f'"{words}" starts with "{entry.keyword.text}", expected "set"'
        hint = f"write set {entry.name.text} = ..."
        diagnostics.error("misplaced-set", message, span, hint=hint)
        return False
    return True


def _read_nested(
    entry: Block,
    schema: BlockSchema,
    blocks: dict[str, Block],
    named: dict[str, dict[str, Block]],
    diagnostics: Diagnostics,
) -> None:
    kind = entry.kind.text
    kinds = {each.kind: each for each in schema.blocks}
    if kind in kinds and kinds[kind].labelled:
        _read_named(entry, named.setdefault(kind, {}), diagnostics)
    elif kind not in kinds:
        otherwise = f"close {schema.kind} with }} first: other blocks belong at top level"
        hint = did_you_mean(kind, kinds, otherwise)
        message = f'{schema.kind} has no block "{kind}"'
        diagnostics.error("misplaced-block", message, entry.header, hint=hint)
    elif kind in blocks:
        diagnostics.error(
            "duplicate-block",
            f"this {schema.kind} has two {kind} blocks",
            entry.header,
            "second here",
            related=(Label(blocks[kind].header, "first here"),),
            hint="merge them",
        )
    else:
        blocks[kind] = entry


def _read_named(entry: Block, known: dict[str, Block], diagnostics: Diagnostics) -> None:
    # One without a name is kept, so that the rest of it is checked, too.
    name = entry.label.text if entry.label else f"\0{len(known)}"
    first = known.setdefault(name, entry)
    if first is not entry:
        diagnostics.error(
            "duplicate-name",
            f'{entry.kind.text} "{name}" is declared twice',
            entry.header,
            "second here",
            related=(Label(first.header, "first here"),),
            hint="rename one of them",
        )


def _check_required(
    block: Block, schema: BlockSchema, written: Mapping[str, Attribute], diagnostics: Diagnostics
) -> None:
    for key in schema.required:
        if key.name not in written:
            message = f"this {schema.kind} has no {key.name}"
            hint = f"add {key.name} = ... ({key.type.expected})"
            diagnostics.error("missing-key", message, block.header, hint=hint)
