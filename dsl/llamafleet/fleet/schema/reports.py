"""Diagnostics about keys and values that do not belong where they stand."""

from __future__ import annotations

from ...diagnostics.model import Diagnostics, Label
from ...language.syntax import Attribute, Word
from .table import BlockSchema
from .value_type import Mismatch, did_you_mean


def report_unknown(entry: Attribute, schema: BlockSchema, diagnostics: Diagnostics) -> None:
    """Say that a kind of block has no such key."""
    word, kind = entry.key.text, schema.kind
    if word in schema.refused:
        report_refused(entry.key, schema, diagnostics)
        return
    keys = tuple(schema.table)
    listed = f"its keys are {', '.join(keys)}" if 0 < len(keys) <= 12 else ""
    hint = did_you_mean(word, keys, listed or f"run llamafleet explain {kind} for its keys")
    message = f'{kind} has no key "{word}"{schema.not_even.format(word)}'
    diagnostics.error("unknown-key", message, entry.key.span, hint=hint)


def report_refused(key: Word, schema: BlockSchema, diagnostics: Diagnostics) -> None:
    """Say why a key is not for a block to say."""
    message = f"{key.text} cannot be set in {schema.kind} blocks"
    diagnostics.error("refused-key", message, key.span, hint=schema.refused[key.text])


def report_repeated(entry: Attribute, first: Attribute, diagnostics: Diagnostics) -> None:
    """Say that a key is set twice."""
    message = f"{entry.key.text} is set twice in this block"
    if entry.key.text != first.key.text:
        message = f"{entry.key.text} is another spelling of {first.key.text}, which is already set"
    diagnostics.error(
        "duplicate-key",
        message,
        entry.key.span,
        "set again here",
        related=(Label(first.key.span, "first set here"),),
        hint="remove one of them",
    )


def report_mismatch(key: str, found: Mismatch, diagnostics: Diagnostics) -> None:
    """Say why a value does not fit its key."""
    message = f"{key} takes {found.expected}, not {found.found}"
    diagnostics.error("wrong-type", message, found.span, hint=found.hint)
