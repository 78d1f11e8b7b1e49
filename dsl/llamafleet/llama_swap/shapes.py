"""Shapes of values in llama-swap's configuration."""

from __future__ import annotations

from typing import TypeAlias

from ..dataclasses import dataclass
from ..fleet.schema.table import Form
from ..fleet.schema.value_type import ValueType
from ..fleet.schema.values import (
    Decimal,
    Duration,
    Integer,
    JsonValue,
    OneOf,
    OrNull,
    Size,
    Switch,
)
from ..fleet.schema.values import ListOf as Listed


@dataclass(frozen=True, slots=True)
class Plain:
    """A scalar, or anything; `words` is what a message calls it."""

    words: str


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping with known keys."""

    keys: dict[str, Shape]


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping whose keys the author chooses."""

    each: Shape


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    each: Shape


Shape: TypeAlias = Plain | Fields | Named | ListOf

TEXT, INT, SWITCH = Plain("a text"), Plain("a whole number"), Plain("true or false")
DURATION = Plain('a duration such as "10s"')
ANYTHING = Plain("anything")
SETS = Plain("a mapping of expressions")
MACROS = Plain("a mapping of texts and numbers")
TEXTS = ListOf(TEXT)


def shape_of(kind: ValueType, form: Form | None = None) -> Shape:
    """Return what llama-swap takes for a key of the fleet of this type."""
    match kind:
        case Listed() if form not in (Form.JOINED, Form.COMMAND_LINE):
            return ListOf(shape_of(kind.item, form))
        case OrNull():
            return shape_of(kind.other, form)
        case Duration() if form is Form.GO_DURATION:
            return DURATION
        case Duration() | Size() | Integer():
            return INT
        case Switch():
            return SWITCH
        case Decimal() | OneOf() | JsonValue():
            return ANYTHING
    return TEXT
