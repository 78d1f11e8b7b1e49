"""What a block may be called."""

from __future__ import annotations

from ...diagnostics.model import Diagnostics
from ...language.syntax import Block
from .table import BlockSchema
from .value_type import BARE_WORD, described, unprintable

LONGEST_NAME = 100

MERGE = "<<"
"""What YAML takes for an order to merge mappings, and llama-swap even where it stands in quotes."""


def check_label(block: Block, schema: BlockSchema, diagnostics: Diagnostics) -> None:
    """Report a label that is missing, not wanted, or no name."""
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
        if label.text == MERGE:
            hint = "llama-swap reads it as an order to merge two mappings: call it something else"
        diagnostics.error("bad-name", message, label.span, hint=hint)


def _is_name(text: str, *, free: bool) -> bool:
    if not 0 < len(text) <= LONGEST_NAME or text == MERGE:
        return False
    if not free:
        return BARE_WORD.fullmatch(text) is not None
    return text == text.strip() and "," not in text and not unprintable(text)
