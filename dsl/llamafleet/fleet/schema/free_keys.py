"""Keys and blocks that are names of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ...dataclasses import replace
from ...diagnostics.model import Diagnostics, Label
from ...language.syntax import Attribute, Block, Word
from .fields import Fields
from .label import MERGE
from .reports import report_mismatch, report_refused
from .table import BlockSchema
from .value_type import Mismatch

ITEM = "item"
"""The kind of a block with a name: one of a list of blocks, which is called so."""

Free: TypeAlias = dict[str, tuple[Word, Any]]
Read: TypeAlias = Callable[[Block, BlockSchema, Diagnostics], Fields]


def read_free(entry: Attribute, schema: BlockSchema, free: Free, diagnostics: Diagnostics) -> None:
    """Add a key with its value."""
    assert schema.free_keys is not None
    if _is_taken(entry.key, schema, free, diagnostics):
        return
    found = schema.free_keys.read(entry.value)
    if isinstance(found, Mismatch):
        report_mismatch(entry.key.text, found, diagnostics)
    else:
        free[entry.key.text] = (entry.key, found)


def read_free_block(
    entry: Block, schema: BlockSchema, free: Free, read: Read, diagnostics: Diagnostics
) -> None:
    """Add a block, or an item of a list of blocks."""
    if entry.kind.text == ITEM and entry.label is not None:
        _read_item(entry, entry.label, schema, free, read, diagnostics)
    elif not _is_taken(entry.kind, schema, free, diagnostics):
        inner = replace(schema, kind=entry.kind.text, labelled=False, refused={})
        free[entry.kind.text] = (entry.kind, read(entry, inner, diagnostics).free_values)


def _read_item(
    entry: Block,
    name: Word,
    schema: BlockSchema,
    free: Free,
    read: Read,
    diagnostics: Diagnostics,
) -> None:
    items = free[name.text][1] if name.text in free else []
    if not items or not isinstance(items, list):
        if _is_taken(name, schema, free, diagnostics):
            return
        free[name.text] = (name, items)
    inner = replace(schema, kind=name.text, labelled=False, refused={})
    items.append(read(replace(entry, label=None), inner, diagnostics).free_values)


def complete(free: Free) -> tuple[tuple[Word, Any], ...]:
    """Return the keys and their values, when no more items can come."""
    return tuple(
        (key, tuple(value) if isinstance(value, list) else value) for key, value in free.values()
    )


def _is_taken(key: Word, schema: BlockSchema, free: Free, diagnostics: Diagnostics) -> bool:
    if key.text in schema.refused:
        report_refused(key, schema, diagnostics)
        return True
    if key.text == MERGE:
        message = f"{MERGE} cannot be a key: llama-swap reads it as a YAML merge key"
        diagnostics.error("bad-name", message, key.span, hint="write the merged keys out")
        return True
    if key.text not in free:
        return False
    diagnostics.error(
        "duplicate-key",
        f"{key.text} is set twice in this block",
        key.span,
        "set again here",
        related=(Label(free[key.text][0].span, "first set here"),),
        hint="remove one of them",
    )
    return True
