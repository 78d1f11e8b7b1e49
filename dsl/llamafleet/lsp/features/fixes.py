"""Quick fixes for misspelt words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...diagnostics.model import Diagnostic
from ...source import Source, Span
from .completion import written_as

WORD = re.compile(r'"[^"\n]+"|\+?[A-Za-z][\w.\-]*')
MEANT = re.compile(r'did you mean "([^"]+)"\?')


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that takes a finding away: what to write at its place."""

    title: str
    finding: Diagnostic
    text: str


def fixes(found: Iterable[Diagnostic], within: Span, source: Source) -> Iterator[Fix]:
    """Yield the fixes for those findings of a file that touch the span `within`."""
    for each in found:
        span = each.primary.span
        meant = MEANT.match(each.hint)
        if not meant or span.end < within.start or within.end < span.start:
            continue
        old = _text_at(span, source)
        if WORD.fullmatch(old):
            new = _like(old, meant[1])
            yield Fix(f"Change to {new}", each, new)


def _like(old: str, word: str) -> str:
    """Return the word as it is written there: in quotes, or after a plus sign."""
    if old.startswith("+"):
        return f"+{word.removeprefix('+')}"
    new = written_as(word)
    return f'"{new}"' if old.startswith('"') and not new.startswith('"') else new


def _text_at(span: Span, source: Source) -> str:
    """Return the text of a span; "" if the text has changed and the span is no word now."""
    if span.start.line != span.end.line or span.start.line > len(source.lines):
        return ""
    return source.lines[span.start.line - 1][span.start.column - 1 : span.end.column - 1]
