"""Comments of an imported file, found by line and given to the nodes that stand there."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

from ..language.syntax import Attribute, Block, Comment, Comments, Directive, File, MatrixSet
from ..source import Position, Source, Span
from . import nodes
from .secrets import Secret, masked

Found: TypeAlias = dict[int, tuple[bool, Comment]]

_OPENS_SCALAR = re.compile(r"(?:^|[:\-] )\s*(?:&\S+ )?[|>][+\-0-9]*\s*$")


def of_yaml(source: Source) -> Found:
    """Return the comments by line; the flag is True for a comment on a line of its own.

    Lines of a block scalar count only where they begin with `#`: llama-swap drops those of a
    command, and elsewhere nobody can tell them from text.
    """
    found: Found = {}
    scalar: int | None = None
    quote = ""
    for number, line in enumerate(source.lines, 1):
        indent = len(line) - len(line.lstrip())
        if not line.strip():
            continue
        if scalar is not None and indent <= scalar:
            scalar = None
        if not quote and line.lstrip().startswith("#"):
            found[number] = (True, _at(source, number, indent, line))
            continue
        if scalar is not None:
            continue
        column, quote = _comment_column(line, quote)
        if column is not None:
            found[number] = (False, _at(source, number, column, line))
        if _OPENS_SCALAR.search(line[:column].rstrip()):
            scalar = indent
    return found


def _at(source: Source, line: int, column: int, text: str) -> Comment:
    start = Position(line, column + 1)
    return nodes.comment(text[column:], Span(source.path, start, Position(line, len(text) + 1)))


def _comment_column(line: str, quote: str) -> tuple[int | None, str]:
    """Return the column where a comment starts, and the quote still open at the end of the line."""
    at = 0
    while at < len(line):
        each = line[at]
        if quote:
            if quote == '"' and each == "\\":
                at += 1
            elif each == quote:
                quote = ""
        elif each in "\"'" and (at == 0 or line[at - 1] in " \t[{,:"):
            quote = each
        elif each == "#" and at and line[at - 1] in " \t":
            return at, ""
        at += 1
    return None, quote


def of_lines(source: Source, signs: str) -> Found:
    """Return the comments of a format with whole-line comments, which start with one of `signs`."""
    return {
        number: (True, nodes.comment("#" + line.strip().lstrip(signs), _line(source, number)))
        for number, line in enumerate(source.lines, 1)
        if line.strip()[:1] and line.strip()[0] in signs and not line.startswith("#!")
    }


def _line(source: Source, number: int) -> Span:
    width = len(source.lines[number - 1])
    return Span(source.path, Position(number, 1), Position(number, width + 1))


def without_secrets(found: Found, secrets: Iterable[Secret]) -> Found:
    """Return the comments with stars for the secrets that they mention."""
    secrets = tuple(secrets)
    return {
        line: (alone, replace(comment, text=masked(comment.text, secrets)))
        for line, (alone, comment) in found.items()
    }


def place(file: File, found: Found, header: int = 0) -> File:
    """Return the file with each comment at the node it is about; the rest is put at its end.

    Comments up to the line `header` speak of the file as a whole.
    """
    top = tuple(comment for line, (_, comment) in sorted(found.items()) if line <= header)
    context = _Placement(file, {line: each for line, each in found.items() if line > header})
    entries: list[Directive | Block] = []
    for entry in file.entries:
        if isinstance(entry, Block):
            entries.append(context.put(entry))
        elif entry is file.entries[0] and top:
            entries.append(replace(entry, comments=replace(entry.comments, before=top)))
        else:
            entries.append(entry)
    return replace(file, entries=tuple(entries), closing=(*file.closing, *context.rest()))


def header_of(source: Source, signs: str = "#") -> int:
    """Return the last line of the comments that open a file and are about no line below them.

    A blank line sets them apart, or the header of a section does.
    """
    last = 0
    for number, line in enumerate(source.lines, 1):
        if not line.strip():
            last = number
        elif line.strip()[0] not in signs:
            return number - 1 if line.strip().startswith("[") else last
    return last


class _Placement:
    """Comments by the node that gets them: decided by line, before any node is rebuilt."""

    def __init__(self, file: File, found: Found) -> None:
        self._above: dict[int, list[Comment]] = {}
        self._behind: dict[int, Comment] = {}
        self._closing: dict[int, list[Comment]] = {}
        self._left: list[Comment] = []
        self._nodes = _Lines(file)
        for line, (alone, comment) in sorted(found.items()):
            self._give(line, alone, comment)

    def _give(self, line: int, alone: bool, comment: Comment) -> None:
        owner = self._nodes.after(line) if alone else self._nodes.on(line)
        if owner is not None and not alone and owner not in self._behind:
            self._behind[owner] = comment
            return
        if owner is None and not alone:
            owner = self._nodes.before(line)
        inside = self._nodes.inside(line, comment.span.start.column) if alone else None
        if inside is not None:
            self._closing.setdefault(inside, []).append(comment)
        elif owner is None:
            self._left.append(comment)
        else:
            self._above.setdefault(owner, []).append(comment)

    def put(self, block: Block) -> Block:
        """Return a block with its comments, and those of its entries."""
        entries = tuple(
            self.put(each)
            if isinstance(each, Block)
            else replace(each, comments=self._comments(each))
            for each in block.entries
        )
        comments = self._comments(block)
        closing = tuple(self._closing.get(id(block), ()))
        if closing:
            comments = replace(comments, closing=(*comments.closing, *closing))
        return replace(block, entries=entries, comments=comments)

    def rest(self) -> Iterable[Comment]:
        """Return the comments that no node follows."""
        return self._left

    def _comments(self, node: nodes.Entry) -> Comments:
        before = tuple(self._above.get(id(node), ()))
        after = self._behind.get(id(node))
        if not before and after is None:
            return node.comments
        return replace(node.comments, before=(*node.comments.before, *before), after=after)


class _Lines:
    """Nodes by the lines where they start and end; nodes are told apart by identity."""

    def __init__(self, file: File) -> None:
        self._first: dict[int, tuple[int, int]] = {}
        self._last: dict[int, tuple[int, int]] = {}
        self._long: list[tuple[int, int, int]] = []
        self._blocks = sorted(
            (each.header.start, id(each))
            for each in file.entries
            if isinstance(each, Block) and each.header.start != (1, 1)
        )
        self._heads = [start.line for start, _ in self._blocks]
        self._first_heads = frozenset(self._heads)
        self._visit(file.entries)
        self._starts = sorted(self._first)

    def _visit(self, entries: Sequence[object]) -> None:
        for entry in entries:
            if isinstance(entry, Block):
                self._note(entry, entry.header, inner=False)
                self._visit(entry.entries)
            elif isinstance(entry, Attribute | MatrixSet):
                self._note(entry, entry.span, inner=True)

    def _note(self, node: nodes.Entry, span: Span, inner: bool) -> None:
        line, column = span.start
        if (line, column) == (1, 1):
            return  # said by nobody in particular
        if line not in self._first or column < self._first[line][0]:
            self._first[line] = (column, id(node))
        if line not in self._last or (inner and column >= self._last[line][0]):
            self._last[line] = (column, id(node))
        if inner and span.end.line > line:
            self._long.append((line, span.end.line, id(node)))

    def on(self, line: int) -> int | None:
        """Return the last node that starts on a line."""
        return self._last[line][1] if line in self._last else None

    def after(self, line: int) -> int | None:
        """Return the first node that starts below a line, unless another goes on until there."""
        at = bisect_right(self._starts, line)
        following = self._starts[at] if at < len(self._starts) else None
        for start, end, node in self._long:
            if start <= line <= end and (following is None or following > end):
                return node
        return None if following is None else self._first[following][1]

    def inside(self, line: int, column: int) -> int | None:
        """Return the block that a comment closes: indented below it, with another one following."""
        at = bisect_right(self._starts, line)
        following = self._starts[at] if at < len(self._starts) else None
        above = bisect_left(self._heads, line)
        if not above or (following is not None and following not in self._first_heads):
            return None
        start, block = self._blocks[above - 1]
        return block if column > start.column else None

    def before(self, line: int) -> int | None:
        """Return the last node that starts above a line."""
        at = bisect_right(self._starts, line)
        return self._first[self._starts[at - 1]][1] if at else None
