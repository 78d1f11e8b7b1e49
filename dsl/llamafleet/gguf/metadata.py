"""The key-value entries of a header, of which only small values are kept."""

from __future__ import annotations

import struct
from typing import TypeAlias

from ..dataclasses import dataclass
from .cursor import MAX_NAME, MAX_TEXT, Cursor
from .problem import bad, shown

Scalar: TypeAlias = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A list of texts, or what is too long to keep: how many items or bytes it has."""

    length: int


Value: TypeAlias = Scalar | tuple[Scalar, ...] | Skipped

# By the numbers of the format: struct's letter for each type of fixed size.
NUMBERS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
TEXT, LIST = 8, 9

MAX_ITEMS = 1 << 21
"""Texts in all lists of one file: what keeps reading within a second or two."""

KEPT = 4096
"""Longer lists and texts are only counted; no model has so many layers."""

KEPT_IN_ALL = 1 << 18
"""Items of all lists that are kept, so that a small file cannot fill the memory."""

MAX_DEPTH = 3


class Reader:
    """Reads entries, and counts what is slow to read."""

    __slots__ = ("cursor", "items", "kept")

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.items = 0
        self.kept = 0

    def entry(self) -> tuple[str, Value]:
        """Read the next key and its value."""
        key = self.cursor.text(MAX_NAME, "the name of a key")
        return key, self._value(key, self.cursor.u32())

    def _value(self, key: str, type_: int) -> Value:
        if type_ == TEXT:
            return self._text(key)
        if type_ == LIST:
            return self._list(key, 0)
        code = NUMBERS.get(type_)
        if code is None:
            raise bad(f"{shown(key)} has type {type_}, which GGUF does not have")
        start = self.cursor.skip(struct.calcsize(f"<{code}"))
        number: Scalar = struct.unpack_from(f"<{code}", self.cursor.data, start)[0]
        return number

    def _text(self, key: str) -> Value:
        text = self.cursor.text(MAX_TEXT, f"the value of {shown(key)}")
        return text if len(text) <= KEPT else Skipped(len(text))

    def _list(self, key: str, depth: int) -> Value:
        type_, count = self.cursor.u32(), self.cursor.u64()
        if type_ in (TEXT, LIST):
            self.items += count
            if self.items > MAX_ITEMS:
                raise bad(f"{shown(key)} claims {count} items: the header is damaged")
        if type_ == TEXT:
            self.cursor.skip_texts(count)
            return Skipped(count)
        if type_ == LIST:
            if depth == MAX_DEPTH:
                raise bad(f"{shown(key)} has lists nested too deep")
            for _ in range(count):
                self._list(key, depth + 1)
            return Skipped(count)
        code = NUMBERS.get(type_)
        if code is None:
            raise bad(f"{shown(key)} is a list of type {type_}, which GGUF does not have")
        start = self.cursor.skip(count * struct.calcsize(f"<{code}"))
        self.kept += count
        if count > KEPT or self.kept > KEPT_IN_ALL:
            return Skipped(count)
        return struct.unpack_from(f"<{count}{code}", self.cursor.data, start)
