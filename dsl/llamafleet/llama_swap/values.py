"""Values of a llama-swap configuration, each with its place in the YAML text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from ..source import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class At(Generic[T]):
    """A checked value and where it is written; of a default, where it would be."""

    value: T
    span: Span


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a mapping: `text` is what llama-swap takes it for.

    `string` is false of what YAML reads as a number, a boolean or null.
    """

    text: str
    span: Span
    string: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping, in the written order, with anchors and merge keys already followed."""

    entries: tuple[tuple[Key, Value], ...]

    @property
    def strings(self) -> bool:
        """Return True if all keys are strings; llama-swap replaces macros in such mappings only."""
        return all(key.string for key, _ in self.entries)

    def get(self, name: str) -> Value | None:
        """Return the value of a key."""
        for key, value in self.entries:
            if key.text == name:
                return value
        return None

    def key(self, name: str) -> Key | None:
        """Return the key itself, for its place."""
        return next((key for key, _ in self.entries if key.text == name), None)

    def __iter__(self) -> Iterator[tuple[Key, Value]]:
        return iter(self.entries)


class Timestamp(str):
    """A point in time; the text is as llama-swap would write it again."""

    __slots__ = ()


Scalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Value:
    """One value. Scalars have a `text`, which is what a key that takes text makes of them.

    `written` is the text before macros. `known` is false where an environment variable that
    nobody has told us is part of it; the text then still holds `${env.NAME}`.
    """

    data: Scalar | tuple[Value, ...] | Table
    span: Span
    text: str = ""
    written: str = ""
    known: bool = True

    @property
    def table(self) -> Table | None:
        """Return the mapping, if it is one."""
        return self.data if isinstance(self.data, Table) else None

    @property
    def items(self) -> tuple[Value, ...] | None:
        """Return the elements of a list, if it is one."""
        return self.data if isinstance(self.data, tuple) else None

    @property
    def scalar(self) -> bool:
        """Return True if it is neither a mapping nor a list; null is a scalar."""
        return not isinstance(self.data, tuple | Table)

    def plain(self) -> Any:
        """Return the value as Python would hold it, without places."""
        match self.data:
            case Table(entries):
                return {key.text: value.plain() for key, value in entries}
            case tuple(items):
                return [each.plain() for each in items]
        return self.data
