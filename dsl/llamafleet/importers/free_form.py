"""Free-form values of a configuration, as nested blocks and lists."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..language.syntax import Name, Number, Text
from ..language.syntax import Value as Node
from ..llama_swap.values import Table, Value
from ..source import Span
from . import nodes


class UnrepresentableError(Exception):
    """A value that the language cannot hold; `span` is its place."""

    def __init__(self, why: str, span: Span) -> None:
        super().__init__(why)
        self.span = span


def entries(table: Table) -> tuple[nodes.Entry, ...]:
    """Yield the entries of a mapping."""
    return tuple(each for key, value in table for each in entries_of(key.text, value))


def entries_of(key: str, value: Value) -> tuple[nodes.Entry, ...]:
    """Yield one key: a mapping is a block, a list of mappings several, all else an attribute."""
    if value.table is not None:
        return (nodes.block(key, None, entries(value.table), value.span),)
    tables = [(each.table, each.span) for each in value.items or ()]
    if tables and all(table is not None for table, _ in tables):
        return tuple(
            nodes.block("item", key, entries(table), span)
            for table, span in tables
            if table is not None
        )
    return (nodes.attribute(key, node(value)),)


def node(value: Value) -> Node:
    """Return a value that is not a mapping as a node; raises UnrepresentableError."""
    data, span = value.data, value.span
    match data:
        case bool():
            return Name("true" if data else "false", span)
        case None:
            return Name("null", span)
        case int():
            return _number(str(data), span)
        case float():
            return _number(_decimal(data, span), span)
        case str():
            return Text(data, span)
        case tuple():
            return nodes.items((node(each) for each in data), span)
    raise UnrepresentableError("a mapping beside other values in a list", span)


def _number(text: str, span: Span) -> Number:
    if not nodes.is_number(text):
        raise UnrepresentableError(f"the number {text}", span)
    return Number(text, span)


def _decimal(number: float, span: Span) -> str:
    """A fraction without an exponent, which the language does not write."""
    if not math.isfinite(number):
        raise UnrepresentableError(f"the number {number}", span)
    text = repr(number)
    if "e" not in text:
        return text
    text = f"{number:.30f}".rstrip("0")
    text = text + "0" if text.endswith(".") else text
    if float(text) != number:
        raise UnrepresentableError(f"the number {number!r}", span)
    return text


def texts_of(value: Value) -> Iterator[str]:
    """Yield every text in a value, keys included."""
    return (each for each in scalars_of(value) if isinstance(each, str))


def scalars_of(value: Value) -> Iterator[object]:
    """Yield every scalar in a value, keys included."""
    match value.data:
        case tuple():
            for each in value.data:
                yield from scalars_of(each)
        case Table():
            for key, inner in value.data:
                yield key.text
                yield from scalars_of(inner)
        case _:
            yield value.data
