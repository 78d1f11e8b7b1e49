"""Checks of a block's label."""

from __future__ import annotations

from ...diagnostics.model import Diagnostics
from ...language.syntax import Block
from .table import BlockSchema
from .value_type import BARE_WORD, described, unprintable

LONGEST_NAME = 100

MERGE = "<<"
"""What YAML takes for an order to merge mappings, and llama-swap even where it stands in quotes."""


def check_label(block: Block, schema: BlockSchema, diagnostics: Diagnostics) -> None:
    """Report a label that is missing, not allowed, or not a valid name."""
    kind, label = schema.kind, block.label
    if label is None:
        if schema.labelled:
            hint = f"write {kind} NAME {{"
            diagnostics.error("missing-name", f"this {kind} has no name", block.header, hint=hint)
        return
    if not schema.labelled:
        hint = f"write {kind} {{"
        diagnostics.error("bad-name", f"{kind} blocks have no name", label.span, hint=hint)
        return
    if not is_name(label.text, free=schema.free_label):
        hint = "use no commas, no control characters, and no spaces at either end"
        if not schema.free_label:
            hint = (
                "it is used in paths: start with a letter, then use letters, digits, dots, _ and -"
            )
        message = f"{described(label)} cannot be the name of a {kind}"
        hint += f"; {LONGEST_NAME} characters at most"
        if label.text == MERGE:
            hint = "choose another name: llama-swap reads << as a YAML merge key"
        diagnostics.error("bad-name", message, label.span, hint=hint)


def is_name(text: str, *, free: bool) -> bool:
    """Return True if a block may have this name; a free one may hold more than a bare word."""
    if not 0 < len(text) <= LONGEST_NAME or text == MERGE:
        return False
    if not free:
        return BARE_WORD.fullmatch(text) is not None
    return text == text.strip() and "," not in text and not unprintable(text)
