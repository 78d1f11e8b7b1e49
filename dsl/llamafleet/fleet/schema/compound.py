"""Types of values that are made of other types."""

from __future__ import annotations

from ...dataclasses import dataclass
from ...language import syntax
from .value_type import Mismatch, ValueType, mismatch, shortened


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items are of one type; `length` demands that many."""

    item: ValueType
    length: int | None = None

    @property
    def expected(self) -> str:
        """`a list [ … ], each item a word`."""
        items = f"{self.length} items" if self.length else "each item"
        return f"a list [ ... ], {items} {self.item.expected}"

    def read(self, value: syntax.Value) -> tuple[object, ...] | Mismatch:
        """Return the items; the first bad one is what is reported."""
        if not isinstance(value, syntax.Items):
            single = self.item.read(value)
            alone = (
                f"[{shortened(value.text)}]" if not isinstance(value, syntax.Text) else '["..."]'
            )
            return mismatch(self, value, "" if isinstance(single, Mismatch) else f"write {alone}")
        items = tuple(self.item.read(each) for each in value.values)
        bad = next((each for each in items if isinstance(each, Mismatch)), None)
        if self.length is not None and len(items) != self.length:
            return Mismatch(f"{len(items)} items", self.expected, value.span)
        return bad or items


@dataclass(frozen=True, slots=True)
class OrNull:
    """The word `null`, read as None, or a value of another type."""

    other: ValueType

    @property
    def expected(self) -> str:
        """Return what the other type expects, followed by `or null`."""
        return f"{self.other.expected} or null"

    def read(self, value: syntax.Value) -> object:
        """Return None for `null`, else the value as the other type reads it."""
        if isinstance(value, syntax.Name) and value.text == "null":
            return None
        found = self.other.read(value)
        return mismatch(self, value, found.hint) if isinstance(found, Mismatch) else found


@dataclass(frozen=True, slots=True, init=False)
class OneOf:
    """A value of the first type that takes it."""

    types: tuple[ValueType, ...]

    def __init__(self, *types: ValueType) -> None:
        object.__setattr__(self, "types", types)

    @property
    def expected(self) -> str:
        """Return what each type expects, joined by `or`."""
        return " or ".join(each.expected for each in self.types)

    def read(self, value: syntax.Value) -> object:
        """Read the value as the first type that accepts it; a Mismatch if none does."""
        hint = ""
        for each in self.types:
            found = each.read(value)
            if not isinstance(found, Mismatch):
                return found
            hint = hint or found.hint
        return mismatch(self, value, hint)
