"""Checking a block against its table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..diagnostics.model import Diagnostics, Label
from ..language.source import Span
from ..language.syntax import Attribute, Block, MatrixSet, Name, Value, Word
from .compound import OneOf
from .fields import Fields
from .scalars import Choice
from .table import BlockSchema
from .value_type import BARE_WORD, Mismatch, ValueType, described, did_you_mean, unprintable

LONGEST_NAME = 100


def read_block(block: Block, schema: BlockSchema, diagnostics: Diagnostics) -> Fields:
    """Check a block against its schema and return what is good in it."""
    _check_label(block, schema, diagnostics)
    values: dict[str, Any] = {}
    written: dict[str, Attribute] = {}
    free: dict[str, tuple[Word, Any]] = {}
    sets: list[MatrixSet] = []
    blocks: dict[str, Block] = {}
    removed: set[str] = set()
    for entry in block.entries:
        match entry:
            case Attribute() if schema.free_keys and entry.key.text not in schema.table:
                _read_free(entry, schema, free, diagnostics)
            case Attribute():
                _read_attribute(entry, schema, values, written, removed, diagnostics)
            case MatrixSet():
                if _is_set(entry, schema, diagnostics):
                    sets.append(entry)
            case Block():
                _read_nested(entry, schema, blocks, diagnostics)
    _check_required(block, schema, written, diagnostics)
    return Fields(
        block,
        schema,
        values,
        written,
        tuple(free.values()),
        tuple(sets),
        blocks,
        frozenset(removed),
    )


def _check_label(block: Block, schema: BlockSchema, diagnostics: Diagnostics) -> None:
    kind, label = schema.kind, block.label
    if label is None:
        if schema.labelled:
            hint = f"write {kind} some-name {{"
            diagnostics.error("missing-name", f"this {kind} has no name", block.header, hint=hint)
        return
    if not schema.labelled:
        hint = f"write {kind} {{"
        diagnostics.error("bad-name", f"{kind} takes no name", label.span, hint=hint)
        return
    if not _is_name(label.text, free=schema.free_label):
        hint = "no comma, no control characters, no blanks at its ends"
        if not schema.free_label:
            hint = "it becomes part of paths: a letter, then letters, digits, dots, _ and -"
        message = f"{described(label)} cannot be the name of a {kind}"
        hint += f"; {LONGEST_NAME} characters at most"
        diagnostics.error("bad-name", message, label.span, hint=hint)


def _is_name(text: str, *, free: bool) -> bool:
    if not 0 < len(text) <= LONGEST_NAME:
        return False
    if not free:
        return BARE_WORD.fullmatch(text) is not None
    return text == text.strip() and "," not in text and not unprintable(text)


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
        _report_unknown(entry, schema, diagnostics)
        return
    name = key.same_as or key.name
    if name in written:
        _report_repeated(entry, written[name], diagnostics)
        return
    written[name] = entry
    if schema.removable and _is_none(entry.value) and not _takes_none(key.type):
        removed.add(name)
        return
    found = key.type.read(entry.value)
    if not isinstance(found, Mismatch):
        values[name] = found
    else:
        _report_mismatch(entry.key.text, found, diagnostics)


def _is_none(value: Value) -> bool:
    return isinstance(value, Name) and value.text == "none"


def _takes_none(kind: ValueType) -> bool:
    """Whether `none` is one of upstream's own words here, as in `split-mode = none`."""
    if isinstance(kind, OneOf):
        return any(_takes_none(each) for each in kind.types)
    return isinstance(kind, Choice) and "none" in kind.words


def _report_unknown(entry: Attribute, schema: BlockSchema, diagnostics: Diagnostics) -> None:
    word, kind = entry.key.text, schema.kind
    if word in schema.refused:
        message = f"{word} is not for a {kind} block to say"
        diagnostics.error("refused-key", message, entry.key.span, hint=schema.refused[word])
        return
    keys = tuple(schema.table)
    listed = f"its keys are {', '.join(keys)}" if 0 < len(keys) <= 12 else ""
    hint = did_you_mean(word, keys, listed or f"llamafleet explain {kind} lists its keys")
    message = f'{kind} has no key "{word}"{schema.not_even.format(word)}'
    diagnostics.error("unknown-key", message, entry.key.span, hint=hint)


def _report_repeated(entry: Attribute, first: Attribute, diagnostics: Diagnostics) -> None:
    message = f"{entry.key.text} is set twice in this block"
    if entry.key.text != first.key.text:
        message = f"{entry.key.text} is another spelling of {first.key.text}, which is set too"
    diagnostics.error(
        "duplicate-key",
        message,
        entry.key.span,
        "again here",
        related=(Label(first.key.span, "first set here"),),
        hint="keep one of them",
    )


def _report_mismatch(key: str, found: Mismatch, diagnostics: Diagnostics) -> None:
    message = f"{key} takes {found.expected}, not {found.found}"
    diagnostics.error("wrong-type", message, found.span, hint=found.hint)


def _read_free(
    entry: Attribute,
    schema: BlockSchema,
    free: dict[str, tuple[Word, Any]],
    diagnostics: Diagnostics,
) -> None:
    assert schema.free_keys is not None
    word = entry.key.text
    if word in free:
        diagnostics.error(
            "duplicate-key",
            f"{word} is set twice in this block",
            entry.key.span,
            "again here",
            related=(Label(free[word][0].span, "first set here"),),
            hint="keep one of them",
        )
        return
    found = schema.free_keys.read(entry.value)
    if isinstance(found, Mismatch):
        _report_mismatch(word, found, diagnostics)
    else:
        free[word] = (entry.key, found)


def _is_set(entry: MatrixSet, schema: BlockSchema, diagnostics: Diagnostics) -> bool:
    words = f"{entry.keyword.text} {entry.name.text}"
    span = Span(entry.span.path, entry.keyword.span.start, entry.name.span.end)
    if not schema.sets:
        joined = f"{entry.keyword.text}-{entry.name.text}"
        hint = f'did you mean "{joined}"?' if joined in schema.table else "a key is one word"
        message = f'"{words}" are two words where {schema.kind} takes one key'
        diagnostics.error("misplaced-set", message, span, hint=hint)
        return False
    if entry.keyword.text != "set":
        message = f'"{words}" begins with {entry.keyword.text}, expected set'
        hint = f"write set {entry.name.text} = ..."
        diagnostics.error("misplaced-set", message, span, hint=hint)
        return False
    return True


def _read_nested(
    entry: Block, schema: BlockSchema, blocks: dict[str, Block], diagnostics: Diagnostics
) -> None:
    kind = entry.kind.text
    kinds = tuple(each.kind for each in schema.blocks)
    if kind not in kinds:
        otherwise = f"close {schema.kind} with }} first: other blocks stand at top level"
        hint = did_you_mean(kind, kinds, otherwise)
        message = f'{schema.kind} holds no block "{kind}"'
        diagnostics.error("misplaced-block", message, entry.header, hint=hint)
    elif kind in blocks:
        diagnostics.error(
            "duplicate-block",
            f"{kind} stands twice in this {schema.kind}",
            entry.header,
            "again here",
            related=(Label(blocks[kind].header, "first here"),),
            hint="merge the two",
        )
    else:
        blocks[kind] = entry


def _check_required(
    block: Block, schema: BlockSchema, written: Mapping[str, Attribute], diagnostics: Diagnostics
) -> None:
    for key in schema.keys:
        if key.required and key.name not in written:
            message = f"this {schema.kind} has no {key.name}"
            hint = f"add {key.name} = ... ({key.type.expected}): {key.help}"
            diagnostics.error("missing-key", message, block.header, hint=hint)
