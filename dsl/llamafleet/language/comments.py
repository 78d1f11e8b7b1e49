"""Takes comments out of the line ends that hold them, and attaches them to nodes."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from ..dataclasses import replace
from ..source import Position, Span
from .syntax import Attribute, Block, Comment, Comments, Directive, File, Items, MatrixSet, Value
from .tokens import Token

Entry = Directive | Block | Attribute | MatrixSet
E = TypeVar("E", bound=Entry)


class LineEnd(NamedTuple):
    """The comments in one line end: at the end of the line, and on lines of their own below it."""

    after: Comment | None = None
    below: tuple[Comment, ...] = ()

    @property
    def all(self) -> tuple[Comment, ...]:
        """Every comment, where there is no line that the first could be at the end of."""
        return ((self.after,) if self.after else ()) + self.below


NOTHING = LineEnd()


def read_line_end(token: Token, path: str) -> LineEnd:
    """Return the comments of a `_NL` token."""
    if "#" not in token.text:
        return NOTHING
    after, below = None, []
    for number, line in enumerate(token.text.split("\n")):
        indent, sign, rest = line.partition("#")
        if not sign:
            continue
        text = (sign + rest).rstrip()
        start = Position(token.line + number, (1 if number else token.column) + len(indent))
        comment = Comment(text, Span(path, start, Position(start.line, start.column + len(text))))
        if number == 0:
            after = comment
        else:
            below.append(comment)
    return LineEnd(after, tuple(below))


def attach_comments(
    entries: list[tuple[E, LineEnd]], first: tuple[Comment, ...]
) -> tuple[tuple[E, ...], tuple[Comment, ...]]:
    """Give each entry the comments above it; `first` are above the first. The rest is closing."""
    above, attached = first, []
    for entry, line_end in entries:
        if above:
            entry = replace(entry, comments=replace(entry.comments, before=above))
        attached.append(entry)
        above = line_end.below
    return tuple(attached), above


def attach_items(parts: list[Value | LineEnd], span: Span) -> Items:
    """Return a list of its values, with the comments in the line ends between them."""
    values: list[Value] = []
    before: list[tuple[Comment, ...]] = []
    after: list[Comment | None] = []
    above: tuple[Comment, ...] = ()
    for part in parts:
        if not isinstance(part, LineEnd):
            values.append(part)
            before.append(above)
            after.append(None)
            above = ()
        elif values:
            after[-1] = part.after
            above = part.below
        else:
            above = part.all
    if not any(before) and not any(after):
        return Items(tuple(values), span, (), above)
    comments = tuple(Comments(before=b, after=a) for b, a in zip(before, after, strict=True))
    return Items(tuple(values), span, comments, above)


def comments_of(node: object) -> tuple[str, ...]:
    """Return the texts of every comment at and below a node, in the order of the file."""
    found: list[str] = []
    _collect(node, found)
    return tuple(found)


def _collect(node: object, found: list[str]) -> None:
    match node:
        case Comment(text):
            found.append(text)
        case tuple():
            for each in node:
                _collect(each, found)
        case Items():
            comments = node.item_comments or (Comments(),) * len(node.values)
            for value, around in zip(node.values, comments, strict=True):
                _collect((around.before, value, around.after), found)
            _collect(node.closing, found)
        case Block(comments=around):
            _collect((around.before, around.after, node.entries), found)
            _collect((around.closing, around.end), found)
        case Attribute(value=inner, comments=around):
            _collect((around.before, inner, around.after), found)
        case Directive(comments=around) | MatrixSet(comments=around):
            _collect((around.before, around.after), found)
        case File():
            _collect((node.entries, node.closing), found)
