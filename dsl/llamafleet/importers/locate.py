"""Finds the words of a command in the text of a file."""

from __future__ import annotations

from collections.abc import Sequence

from ..fleet.words import Word
from ..source import Position, Source, Span


def located(words: Sequence[str], span: Span, source: Source | None) -> tuple[Word, ...]:
    """Return the words with their spans: the places found in `span` in order, else all of it.

    Words that come out of a macro or of quotes stand nowhere; they get the place of the whole.
    """
    if source is None:
        return tuple(Word(word, span) for word in words)
    whole = _scalar(span, source)
    found: list[Word] = []
    line, column = span.start.line, span.start.column - 1
    for word in words:
        place = _find(word, line, column, whole, source)
        if place is None:
            found.append(Word(word, span))
            continue
        line, column = place.end.line, place.end.column - 1
        found.append(Word(word, place))
    return tuple(found)


def _scalar(span: Span, source: Source) -> Span:
    """Return the lines of a block scalar, of which YAML only gives the sign that opens it."""
    first = source.lines[span.start.line - 1]
    if first[span.start.column - 1 : span.start.column] not in ("|", ">"):
        return span
    indent = len(first) - len(first.lstrip(" -"))
    last = span.start.line
    for number in range(span.start.line + 1, len(source.lines) + 1):
        line = source.lines[number - 1]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        last = number if line.strip() else last
    return Span(span.path, span.start, Position(last, len(source.lines[last - 1]) + 1))


def _find(word: str, line: int, column: int, span: Span, source: Source) -> Span | None:
    """Return the next place of a word that stands by itself."""
    lines = source.lines
    for number in range(line, min(span.end.line, len(lines)) + 1):
        text = lines[number - 1]
        begin = column if number == line else 0
        while word and (at := text.find(word, begin)) >= 0:
            end = at + len(word)
            if _apart(text, at - 1) and _apart(text, end):
                return Span(span.path, Position(number, at + 1), Position(number, end + 1))
            begin = at + 1
        if number > line + 40:
            break
    return None


def _apart(text: str, at: int) -> bool:
    return not 0 <= at < len(text) or text[at] in " \t\"'"
