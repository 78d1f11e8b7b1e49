"""The canonical form of a text."""

from __future__ import annotations

from ...language.formatter import FormatterError, format_file
from ...source import Source


def formatted(source: Source) -> str | None:
    """Return the text in canonical form; None if it is already, or has syntax errors."""
    try:
        result = format_file(source)
    except FormatterError:
        return None  # a defect of ours, which `llamafleet fmt` reports; a file is never harmed
    if result.diagnostics.has_errors or result.text == source.text:
        return None
    return result.text
