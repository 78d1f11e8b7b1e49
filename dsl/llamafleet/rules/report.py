"""Findings as rules write them."""

from __future__ import annotations

from ..diagnostics.model import Diagnostic, Label, Severity
from ..source import Span


def error(
    code: str, message: str, span: Span, hint: str = "", *related: Label, label: str = ""
) -> Diagnostic:
    """Something that cannot work."""
    return Diagnostic(code, Severity.ERROR, message, Label(span, label), related, hint)


def warning(
    code: str, message: str, span: Span, hint: str = "", *related: Label, label: str = ""
) -> Diagnostic:
    """Something that works, but hardly as its author means it."""
    return Diagnostic(code, Severity.WARNING, message, Label(span, label), related, hint)
