"""Findings as rules write them."""

from __future__ import annotations

from ..diagnostics.model import Diagnostic, Label, Severity, on_one_line
from ..source import Span


def error(
    code: str, message: str, span: Span, hint: str = "", *related: Label, label: str = ""
) -> Diagnostic:
    """Something that cannot work."""
    return Diagnostic(code, Severity.ERROR, on_one_line(message), Label(span, label), related, hint)


def warning(
    code: str, message: str, span: Span, hint: str = "", *related: Label, label: str = ""
) -> Diagnostic:
    """Something that works, but hardly as its author means it."""
    return Diagnostic(
        code, Severity.WARNING, on_one_line(message), Label(span, label), related, hint
    )
