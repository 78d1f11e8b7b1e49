"""The outline of a file: its blocks, and what is named in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...language.syntax import Block, File, MatrixSet
from ...source import Span


@dataclass(frozen=True, slots=True)
class Symbol:
    """A block or a set: its name, its kind, all of it, and the part to jump to."""

    name: str
    kind: str
    span: Span
    chosen: Span
    children: tuple[Symbol, ...] = ()


def symbols(file: File) -> tuple[Symbol, ...]:
    """Return the outline of a file, as far as it can be parsed."""
    return tuple(_block(each) for each in file.entries if isinstance(each, Block))


def _block(block: Block) -> Symbol:
    name = block.label.text if block.label else block.kind.text
    return Symbol(
        # An editor refuses a symbol without a name, and a list of symbols with one such.
        name=name.strip() or block.kind.text or "?",
        kind=block.kind.text,
        span=block.span,
        chosen=block.header,
        children=tuple(_children(block)),
    )


def _children(block: Block) -> Iterator[Symbol]:
    for entry in block.entries:
        match entry:
            case Block():
                yield _block(entry)
            case MatrixSet(keyword=keyword, name=name, span=span):
                yield Symbol(name.text, keyword.text, span, name.span)
