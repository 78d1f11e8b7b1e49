"""The syntax tree: what is written, with spans and comments, before any name has a meaning."""

from __future__ import annotations

from typing import TypeAlias

from ..dataclasses import dataclass
from ..source import Span


@dataclass(frozen=True, slots=True)
class Comments:
    """Comments of one node, each with its leading `#`, in order.

    `before` stand on lines of their own above the node, `after` is at the end of its (first) line,
    and `closing` stand after the last entry of a block, list or file; `end` follows a block's `}`.
    A blank line above the node or above a comment is layout, not content: the formatter reads it
    from the source.
    """

    before: tuple[Comment, ...] = ()
    after: Comment | None = None
    closing: tuple[Comment, ...] = ()
    end: Comment | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment, with its leading `#`."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A bare word: a reference or one of upstream's keywords."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string; `text` has its escapes resolved."""

    text: str
    span: Span


Word: TypeAlias = Name | Text
"""A key, a kind or a label: where people choose it themselves, it may be any text in quotes."""


@dataclass(frozen=True, slots=True)
class Number:
    """A plain number, spelled as written: `text` goes to the rendered flag unchanged."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Size:
    """A size such as `12GiB`; `size` is in bytes."""

    text: str
    size: int
    span: Span


@dataclass(frozen=True, slots=True)
class Duration:
    """A duration such as `1m30s`; `milliseconds` is the sum."""

    text: str
    milliseconds: int
    span: Span


@dataclass(frozen=True, slots=True)
class Items:
    """A list of values; `item_comments` is empty, or holds one entry for each value."""

    values: tuple[Value, ...]
    span: Span
    item_comments: tuple[Comments, ...] = ()
    closing: tuple[Comment, ...] = ()


Value: TypeAlias = Name | Text | Number | Size | Duration | Items


@dataclass(frozen=True, slots=True)
class Member:
    """A leaf of a set expression: a model's name or a handle of the matrix."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class SetReference:
    """`+other`: the combinations of another set; `text` is without the plus sign."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class AllOf:
    """`a & b`: may be loaded together."""

    terms: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`a | b`: one or the other."""

    terms: tuple[Expression, ...]
    span: Span


Expression: TypeAlias = Member | SetReference | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Directive:
    """`fleet 1`, `include "gpus.fleet"`: one word and one literal."""

    keyword: Name
    value: Number | Text
    span: Span
    comments: Comments = Comments()


@dataclass(frozen=True, slots=True)
class Attribute:
    """`key = value`."""

    key: Word
    value: Value
    span: Span
    comments: Comments = Comments()


@dataclass(frozen=True, slots=True)
class MatrixSet:
    """`set name = expression`; `keyword` is the first word, whatever it is."""

    keyword: Name
    name: Name
    expression: Expression
    span: Span
    comments: Comments = Comments()


@dataclass(frozen=True, slots=True)
class Block:
    """`kind label { … }`; `header` is the span of kind and label alone, for diagnostics."""

    kind: Word
    label: Word | None
    entries: tuple[Attribute | MatrixSet | Block, ...]
    header: Span
    span: Span
    comments: Comments = Comments()


@dataclass(frozen=True, slots=True)
class File:
    """One parsed file."""

    path: str
    entries: tuple[Directive | Block, ...]
    closing: tuple[Comment, ...] = ()
