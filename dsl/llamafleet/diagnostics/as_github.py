"""Diagnostics as workflow commands, which GitHub shows beside the lines of a change."""

from __future__ import annotations

from collections.abc import Iterable

from ..source import Span
from .as_text import printable
from .model import Diagnostic, Label


def as_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Render one workflow command a line: `::error file=...,line=...,title=CODE::message`."""
    return "".join(_command(each) + "\n" for each in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    span = diagnostic.primary.span
    properties = {"file": span.path, **_region(span), "title": diagnostic.code}
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{diagnostic.severity.value} {listed}::{_data(_message(diagnostic))}"


def _region(span: Span) -> dict[str, int]:
    lines = {"line": span.start.line, "endLine": span.end.line}
    if span.start.line != span.end.line:
        return lines  # columns are refused where there are several lines
    return {**lines, "col": span.start.column, "endColumn": span.end.column}


def _message(diagnostic: Diagnostic) -> str:
    """Return everything there is to say: an annotation has no labels and hints of its own."""
    label = diagnostic.primary.text
    lines = [f"{diagnostic.message}: {label}" if label else diagnostic.message]
    lines += [_elsewhere(each) for each in diagnostic.related]
    if diagnostic.refused:
        lines.append("llama-swap would not start with it")
    if diagnostic.hint:
        lines.append(f"hint: {diagnostic.hint}")
    return "\n".join(printable(line) for line in lines)


def _elsewhere(label: Label) -> str:
    start = label.span.start
    place = f"{label.span.path}:{start.line}:{start.column}"
    return f"{label.text or 'see'}: {place}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
