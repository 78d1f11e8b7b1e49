"""Diagnostics for people: the message, the lines it speaks of, and the way out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..source import Source, Span
from .model import Diagnostic, Label, Severity

TAB = "    "
WIDEST = 160
"""Columns of a source line that are shown."""

RESET = "\x1b[0m"
BOLD, RED, YELLOW, BLUE = "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m"


class _Paint(NamedTuple):
    """Colours, or none."""

    on: bool

    def __call__(self, colour: str, text: str) -> str:
        return f"{colour}{text}{RESET}" if self.on and text else text


def as_text(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], color: bool = False
) -> str:
    """Render every diagnostic with an excerpt of its source, an empty line after each.

    Secrets in messages and excerpts are covered with stars.
    """
    found = tuple(diagnostics)
    if found:
        from .concealed import concealed

        found, sources = concealed(found, sources)
    return "".join(_one(each, sources, _Paint(color)) + "\n" for each in found)


def _one(diagnostic: Diagnostic, sources: Mapping[str, Source], paint: _Paint) -> str:
    colour = RED if diagnostic.severity is Severity.ERROR else YELLOW
    head = paint(colour, f"{diagnostic.severity.value}[{diagnostic.code}]")
    lines = [f"{head}{paint(BOLD, ': ' + printable(diagnostic.message))}"]
    labels = [_Marked(diagnostic.primary, "^", colour)]
    labels += [_Marked(each, "-", BLUE) for each in diagnostic.related]
    shown = [each.label.span for each in labels if each.label.span.path in sources]
    gutter = len(str(max((span.start.line for span in shown), default=0)))
    for path in dict.fromkeys(each.label.span.path for each in labels):
        here = [each for each in labels if each.label.span.path == path]
        lines += _excerpt(path, here, sources.get(path), gutter, paint)
    if diagnostic.hint:
        lines.append(f"{' ' * gutter} {paint(BLUE, '=')} hint: {printable(diagnostic.hint)}")
    return "\n".join(lines) + "\n"


class _Marked(NamedTuple):
    """A label, the sign that underlines it, and its colour."""

    label: Label
    sign: str
    colour: str


def _excerpt(
    path: str, labels: list[_Marked], source: Source | None, gutter: int, paint: _Paint
) -> list[str]:
    """Return the lines of one file that have labels, each with its marks below."""
    space = " " * gutter
    start = labels[0].label.span.start
    place = f":{start.line}:{start.column}" if source or start > (1, 1) else ""
    lines = [f"{space}{paint(BLUE, '-->')} {printable(path)}{place}"]
    if source is None:
        return lines
    bar = f"{space} {paint(BLUE, '|')}"
    lines.append(bar)
    labels = sorted(labels, key=lambda each: each.label.span.start)
    last = labels[0].label.span.start.line
    for number in dict.fromkeys(each.label.span.start.line for each in labels):
        if number > last + 1:
            lines.append(paint(BLUE, "..."))
        text = source.lines[number - 1] if number <= len(source.lines) else ""
        edge = paint(BLUE, f"{number:>{gutter}} |")
        lines.append(f"{edge} {_shown(text[:WIDEST])}".rstrip())
        for each in labels:
            if each.label.span.start.line == number:
                lines.append(f"{bar} {_underline(text, each, paint)}")
        last = number
    return lines


def _underline(text: str, marked: _Marked, paint: _Paint) -> str:
    span = marked.label.span
    first = min(span.start.column - 1, WIDEST)
    last = _last_column(text, span)
    indent = " " * _width(_shown(text[:first]))
    width = max(1, _width(_shown(text[first : min(last, WIDEST)])))
    words = " " + printable(marked.label.text) if marked.label.text else ""
    return indent + paint(marked.colour, marked.sign * width + words)


def _last_column(text: str, span: Span) -> int:
    return span.end.column - 1 if span.end.line == span.start.line else len(text)


def _shown(text: str) -> str:
    """Return a source line as printed: tabs have one width, and nothing controls the terminal."""
    return printable(text.replace("\t", TAB))


def printable(text: str) -> str:
    """Return the text with all characters escaped that a terminal would obey or not show."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\n" else f"<U+{ord(each):04X}>" for each in text
    )


def _width(text: str) -> int:
    """Return the columns on a terminal: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )
