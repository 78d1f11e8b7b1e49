"""Constructors of findings."""

from __future__ import annotations

from ..diagnostics.model import Diagnostic, Label, Severity, on_one_line
from ..source import Span


def error(
    code: str, message: str, span: Span, hint: str = "", *related: Label, label: str = ""
) -> Diagnostic:
    """Return an error: something that cannot work."""
    return Diagnostic(code, Severity.ERROR, on_one_line(message), Label(span, label), related, hint)


def warning(
    code: str, message: str, span: Span, hint: str = "", *related: Label, label: str = ""
) -> Diagnostic:
    """Return a warning: something that works, but probably not as intended."""
    return Diagnostic(
        code, Severity.WARNING, on_one_line(message), Label(span, label), related, hint
    )
