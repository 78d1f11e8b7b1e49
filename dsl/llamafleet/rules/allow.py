"""`# fleet: allow[code] reason`: silences a finding in the entry that it is written at.

It stands above an entry or behind it, and silences diagnostics of that code whose place is in that
entry: a key, a set, a nested block or a whole one. It silences what rules find, and warnings; an
error of the language itself stays, for without what is wrong there is nothing to roll out. An
`allow` that silences nothing has outlived its reason, and is reported.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from ..dataclasses import dataclass
from ..diagnostics.model import Diagnostic, Label, Severity
from ..diagnostics.suggest import suggest
from ..language.syntax import Attribute, Block, Comment, Comments, Directive, File, Items, MatrixSet
from ..source import Position, Source, Span
from .codes import CODES

_ALLOW = re.compile(r"#\s*fleet\s*:\s*allow\b(?P<rest>.*)")
# Few files need these two, so `re` compiles them when it meets them.
_IN_YAML = r"(?:^|\s)(?P<comment>#\s*fleet\s*:\s*allow\b.*)$"
_CODES = r"\s*\[(?P<codes>[^\]]*)\](?P<reason>.*)"
FORM = "# fleet: allow[code] reason"


@dataclass(frozen=True, slots=True)
class Allow:
    """One code that a comment allows in the entry at `span`; None where it is at none."""

    code: str
    span: Span | None
    comment: Span


def allowances(files: Iterable[File]) -> tuple[tuple[Allow, ...], tuple[Diagnostic, ...]]:
    """Return every allow comment of these files, and what is wrong with bad ones."""
    allows: list[Allow] = []
    bad: list[Diagnostic] = []
    for file in files:
        for comment, span in _comments(file):
            found = _ALLOW.match(comment.text)
            if found:
                _read(found["rest"], comment, span, allows, bad)
    return tuple(allows), tuple(bad)


def allowances_in_yaml(source: Source) -> tuple[tuple[Allow, ...], tuple[Diagnostic, ...]]:
    """Return the same for a YAML configuration: an entry is a line with all indented below it."""
    allows: list[Allow] = []
    bad: list[Diagnostic] = []
    lines = source.lines
    for index, line in enumerate(lines):
        found = re.search(_IN_YAML, line)
        if found is None:
            continue
        text = found["comment"].rstrip()
        start = Position(index + 1, found.start("comment") + 1)
        span = Span(source.path, start, Position(start.line, start.column + len(text)))
        first = index if line[: found.start("comment")].strip() else _next_entry(lines, index)
        entry = None if first is None else _entry(source.path, lines, first)
        allow = _ALLOW.match(text)
        if allow is not None:
            _read(allow["rest"], Comment(text, span), entry, allows, bad)
    return tuple(allows), tuple(bad)


def _next_entry(lines: Sequence[str], index: int) -> int | None:
    """Return the line that a comment on a line of its own is about."""
    below = range(index + 1, len(lines))
    return next((n for n in below if lines[n].strip() and lines[n].lstrip()[0] != "#"), None)


def _entry(path: str, lines: Sequence[str], first: int) -> Span:
    indent = _indent(lines[first])
    is_item = lines[first].lstrip().startswith("- ")
    end = first + 1
    for number in range(first + 1, len(lines)):
        line = lines[number]
        # Items of a list may stand as far out as the key that they belong to.
        item = not is_item and _indent(line) == indent and line.lstrip().startswith("- ")
        if line.strip() and _indent(line) <= indent and not item:
            break
        end = number + 1
    return Span(path, Position(first + 1, 1), Position(end + 1, 1))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def silenced(
    diagnostics: Iterable[Diagnostic], allows: Iterable[Allow], used: set[Allow]
) -> Iterator[Diagnostic]:
    """Yield the diagnostics that nothing allows; `used` gets the allowances that silence some."""
    by_code: dict[str, list[Allow]] = {}
    for allow in allows:
        by_code.setdefault(allow.code, []).append(allow)
    for each in diagnostics:
        near = [allow for allow in by_code.get(each.code, ()) if _covers(allow, each)]
        used.update(near)
        if not near:
            yield each


def unused(allows: Iterable[Allow], used: Collection[Allow]) -> Iterator[Diagnostic]:
    """Yield a warning for each allowance that silences nothing."""
    for allow in allows:
        if allow not in used:
            message = f"this allow[{allow.code}] silences nothing"
            hint = "remove it"
            if allow.span is None:
                hint = "put it on the line above its entry, or at the end of the entry's line"
            label = Label(allow.comment)
            yield Diagnostic("unused-allow", Severity.WARNING, message, label, hint=hint)


def _covers(allow: Allow, diagnostic: Diagnostic) -> bool:
    place = diagnostic.primary.span
    span = allow.span
    if span is None or span.path != place.path:
        return False
    return span.start <= place.start and place.end <= span.end


def _read(
    rest: str, comment: Comment, span: Span | None, allows: list[Allow], bad: list[Diagnostic]
) -> None:
    found = re.match(_CODES, rest)
    codes = [code.strip() for code in found["codes"].split(",")] if found else []
    codes = [code for code in codes if code]
    if found is None or not codes:
        bad.append(_bad("this allow names no code", comment, f"write {FORM}"))
        return
    if not found["reason"].strip(" :-"):
        message = f"this allow[{', '.join(codes)}] gives no reason"
        bad.append(_bad(message, comment, f"add the reason for taking the risk: {FORM}"))
    for code in dict.fromkeys(codes):
        if code in CODES:
            allows.append(Allow(code, span, comment.span))
        else:
            meant = suggest(code, CODES)
            hint = f'did you mean "{meant}"?' if meant else "see docs/diagnostics.md for all codes"
            bad.append(_bad(f'there is no code "{code}"', comment, hint))


def _bad(message: str, comment: Comment, hint: str) -> Diagnostic:
    return Diagnostic("bad-allow", Severity.WARNING, message, Label(comment.span), hint=hint)


Found = Iterator[tuple[Comment, Span | None]]


def _comments(file: File) -> Found:
    """Yield every comment with the entry that it is about."""
    for entry in file.entries:
        yield from _of_entry(entry)
    yield from ((comment, None) for comment in file.closing)


def _of_entry(entry: Directive | Attribute | MatrixSet | Block) -> Found:
    yield from _beside(entry.comments, entry.span)
    if isinstance(entry, Attribute) and isinstance(entry.value, Items):
        yield from _of_items(entry.value)
    if isinstance(entry, Block):
        for inner in entry.entries:
            yield from _of_entry(inner)
        yield from ((comment, None) for comment in entry.comments.closing)


def _of_items(items: Items) -> Found:
    for value, comments in zip(items.values, items.item_comments, strict=False):
        yield from _beside(comments, value.span)
    yield from ((comment, None) for comment in items.closing)


def _beside(comments: Comments, span: Span) -> Found:
    for comment in (*comments.before, comments.after, comments.end):
        if comment is not None:
            yield comment, span
