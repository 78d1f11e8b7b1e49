"""Masks the secrets in diagnostics and in the excerpts of their sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..secrets.mask import SHORTEST, masked, values_in, without_values
from ..source import Source, Span
from .model import Diagnostic, Label

CODE = "secret-in-file"
"""Findings whose place is a secret, whatever it looks like."""


def concealed(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], secrets: Iterable[str] = ()
) -> tuple[tuple[Diagnostic, ...], Mapping[str, Source]]:
    """Return the diagnostics and the sources with secrets masked; spans stay the same.

    `secrets` are values that are known to be some.
    """
    found = tuple(diagnostics)
    paths = {label.span.path for each in found for label in (each.primary, *each.related)}
    shown = {path: source for path, source in sources.items() if path in paths}
    values = {each for each in secrets if len(each) >= SHORTEST}
    for source in shown.values():
        values.update(each for each in values_in(source.text) if len(each) >= SHORTEST)
    for each in found:
        if each.code == CODE and (at := shown.get(each.primary.span.path)):
            values.update(_lines(at, each.primary.span))
    covered = {path: Source(path, masked(each.text, values)) for path, each in shown.items()}
    return tuple(_without(each, values) for each in found), {**sources, **covered}


def _lines(source: Source, span: Span) -> set[str]:
    """Return the text at a span, without quotes; empty where it spans several lines."""
    if span.start.line != span.end.line or span.start.line > len(source.lines):
        return set()
    text = source.lines[span.start.line - 1][span.start.column - 1 : span.end.column - 1]
    text = text.strip().strip("\"'")
    return {text} if len(text) >= SHORTEST else set()


def _without(diagnostic: Diagnostic, values: set[str]) -> Diagnostic:
    def label(each: Label) -> Label:
        return replace(each, text=without_values(each.text, values))

    return replace(
        diagnostic,
        message=without_values(diagnostic.message, values),
        hint=without_values(diagnostic.hint, values),
        primary=label(diagnostic.primary),
        related=tuple(label(each) for each in diagnostic.related),
    )
