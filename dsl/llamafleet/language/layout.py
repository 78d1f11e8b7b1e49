"""Lays out a syntax tree in its canonical form.

Four spaces; the `=` of neighbouring lines aligned, a blank line, a comment line or a list over
several lines ending the run; one blank line between top-level blocks and never two in a row; a list
on one line if that fits and holds no comment. The order is never changed, and there are no options.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from ..source import Source
from .syntax import (
    AllOf,
    AnyOf,
    Attribute,
    Block,
    Comment,
    Comments,
    Directive,
    Expression,
    File,
    Items,
    MatrixSet,
    Member,
    SetReference,
    Text,
    Value,
)

INDENT = "    "
WIDTH = 88
"""A list that fits within so many columns stands on one line."""

QUOTED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})

Assignment: TypeAlias = Attribute | MatrixSet

NONE = Comments()


def lay_out(file: File, source: Source) -> str:
    """Return the canonical text of a file that was parsed from `source`."""
    return "".join(line + "\n" for line in _Layout(source).file(file))


def lay_out_new(file: File) -> str:
    """Return the canonical text of a built tree: a blank line above each block and comment."""
    return "".join(line + "\n" for line in _Layout(None).file(file))


def quote(text: str) -> str:
    """Return a text in quotes, with its escapes."""
    return f'"{text.translate(QUOTED)}"'


def value_text(value: Value) -> str:
    """Return a value on one line."""
    match value:
        case Text(text):
            return quote(text)
        case Items(values):
            return f"[{', '.join(value_text(each) for each in values)}]"
        case _:
            return value.text


def expression_text(expression: Expression) -> str:
    """Return a set expression, with the parentheses that its structure needs."""
    match expression:
        case Member(text):
            return text
        case SetReference(text):
            return f"+{text}"
        case AllOf(terms):
            return " & ".join(_term(each, (AllOf, AnyOf)) for each in terms)
        case AnyOf(terms):
            return " | ".join(_term(each, (AnyOf,)) for each in terms)


def _term(expression: Expression, grouped: tuple[type, ...]) -> str:
    text = expression_text(expression)
    return f"({text})" if isinstance(expression, grouped) else text


def _behind(line: str, comment: Comment | None) -> str:
    return f"{line}  {comment.text}" if comment else line


def _key(entry: Assignment) -> str:
    match entry:
        case Attribute(key):
            return value_text(key)
        case MatrixSet(keyword, name):
            return f"{keyword.text} {name.text}"


def _has_comments(items: Items) -> bool:
    return bool(
        items.closing
        or items.item_comments
        or any(isinstance(each, Items) and _has_comments(each) for each in items.values)
    )


class _Layout:
    """Lines of one file; blank lines are looked up in its source, where it has one."""

    def __init__(self, source: Source | None) -> None:
        self._lines = source.lines if source else None

    def file(self, file: File) -> Iterator[str]:
        """Yield the lines of the whole file."""
        previous: Directive | Block | None = None
        for entry in file.entries:
            apart = isinstance(previous, Block) or isinstance(entry, Block)
            if previous and (apart or self._blank_above(entry)):
                yield ""
            yield from self._above(entry, "")
            match entry:
                case Directive(keyword, value, comments=comments):
                    yield _behind(f"{keyword.text} {value_text(value)}", comments.after)
                case Block():
                    yield from self._block(entry, "")
            previous = entry
        if file.closing:
            if isinstance(previous, Block) or (previous and self._blank_above(file.closing[0])):
                yield ""
            yield from self._comments(file.closing, "")

    def _block(self, block: Block, indent: str) -> Iterator[str]:
        label = f" {value_text(block.label)}" if block.label else ""
        head = f"{indent}{value_text(block.kind)}{label} {{"
        comments = block.comments
        if not (block.entries or comments.after or comments.closing):
            yield _behind(head + "}", comments.end)
            return
        yield _behind(head, comments.after)
        inner = indent + INDENT
        yield from self._entries(block.entries, inner)
        if comments.closing:
            if block.entries and self._blank_above(comments.closing[0]):
                yield ""
            yield from self._comments(comments.closing, inner)
        yield _behind(f"{indent}}}", comments.end)

    def _entries(self, entries: Sequence[Assignment | Block], indent: str) -> Iterator[str]:
        run: list[Assignment] = []
        for entry in entries:
            parted = entry is not entries[0] and self._blank_above(entry)
            if parted or entry.comments.before or isinstance(entry, Block):
                yield from self._aligned(run, indent)
                run = []
            if parted:
                yield ""
            yield from self._above(entry, indent)
            if isinstance(entry, Block):
                yield from self._block(entry, indent)
            else:
                run.append(entry)
        yield from self._aligned(run, indent)

    def _aligned(self, run: list[Assignment], indent: str) -> Iterator[str]:
        """Yield the lines of neighbours; one that takes several lines ends the alignment."""
        widest = max((len(_key(each)) for each in run), default=0)
        part: list[Assignment] = []
        for entry in run:
            part.append(entry)
            # Measured with the whole run's width, so that the answer cannot depend on itself.
            broken = _breaks(entry, len(indent) + widest + len(" = "))
            if broken or entry is run[-1]:
                width = max(len(_key(each)) for each in part)
                for each in part:
                    yield from self._assignment(each, indent, width, broken and each is entry)
                part = []

    def _assignment(
        self, entry: Assignment, indent: str, width: int, broken: bool
    ) -> Iterator[str]:
        head = f"{indent}{_key(entry):<{width}} = "
        after = entry.comments.after
        match entry:
            case Attribute(value=Items() as items) if broken:
                yield head + "["
                yield from self._items(items, indent + INDENT)
                yield _behind(f"{indent}]", after)
            case Attribute(value=value):
                yield _behind(head + value_text(value), after)
            case MatrixSet(expression=expression):
                yield _behind(head + expression_text(expression), after)

    def _items(self, items: Items, indent: str) -> Iterator[str]:
        """Yield a list's items, one a line; blank lines between them are not kept."""
        comments = items.item_comments or (NONE,) * len(items.values)
        for value, around in zip(items.values, comments, strict=True):
            yield from (f"{indent}{each.text}" for each in around.before)
            if isinstance(value, Items) and _list_breaks(value, len(indent) + len(",")):
                yield f"{indent}["
                yield from self._items(value, indent + INDENT)
                yield _behind(f"{indent}],", around.after)
            else:
                yield _behind(f"{indent}{value_text(value)},", around.after)
        yield from (f"{indent}{each.text}" for each in items.closing)

    def _above(self, entry: Directive | Assignment | Block, indent: str) -> Iterator[str]:
        """Yield the comments above an entry, and the blank line that separates them from it."""
        before = entry.comments.before
        yield from self._comments(before, indent)
        if before and self._blank(entry.span.start.line - 1):
            yield ""

    def _comments(self, comments: tuple[Comment, ...], indent: str) -> Iterator[str]:
        for comment in comments:
            if comment is not comments[0] and self._blank(comment.span.start.line - 1):
                yield ""
            yield indent + comment.text

    def _blank_above(self, node: Directive | Assignment | Block | Comment) -> bool:
        first = node
        if self._lines is None:
            return isinstance(node, Block) or (
                not isinstance(node, Comment) and bool(node.comments.before)
            )
        if not isinstance(node, Comment) and node.comments.before:
            first = node.comments.before[0]
        return self._blank(first.span.start.line - 1)

    def _blank(self, number: int) -> bool:
        if self._lines is None:
            return False
        return number >= 1 and not self._lines[number - 1].strip()


def _breaks(entry: Assignment, column: int) -> bool:
    match entry:
        case Attribute(value=Items() as items):
            return _list_breaks(items, column)
        case _:
            return False


def _list_breaks(items: Items, column: int) -> bool:
    """Return True if a list that starts at `column` takes several lines."""
    if _has_comments(items):
        return True
    return bool(items.values) and column + len(value_text(items)) > WIDTH
