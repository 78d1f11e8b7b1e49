"""A position in the first bytes of a file. It refuses to go past them, or past the limit."""

from __future__ import annotations

import struct

from .problem import Incomplete, StopReading, bad

MAX_HEADER = 128 << 20
"""Headers above this are refused. The largest vocabularies of today make 20 MiB."""

MAX_NAME = 1 << 12
MAX_TEXT = 1 << 24

_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")


class Cursor:
    """Reads little-endian numbers and texts one after another."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.end = len(data)
        self.at = 0

    def skip(self, count: int) -> int:
        """Step over so many bytes and return where they began."""
        start = self.at
        after = start + count
        if after > MAX_HEADER:
            raise bad(
                f"its header is larger than {MAX_HEADER >> 20} MiB: it is damaged or malicious"
            )
        if after > self.end:
            raise StopReading(Incomplete(after))
        self.at = after
        return start

    def u32(self) -> int:
        """Read an unsigned integer of four bytes."""
        number: int = _U32.unpack_from(self.data, self.skip(4))[0]
        return number

    def u64(self) -> int:
        """Read an unsigned integer of eight bytes."""
        number: int = _U64.unpack_from(self.data, self.skip(8))[0]
        return number

    def text(self, limit: int, what: str) -> str:
        """Read a length and that many bytes of UTF-8; invalid bytes are replaced."""
        length = self.u64()
        if length > limit:
            raise bad(f"{what} claims {length} bytes, more than {limit}: the header is damaged")
        start = self.skip(length)
        return self.data[start : self.at].decode("utf-8", "replace")

    def skip_texts(self, count: int) -> None:
        """Step over so many texts; a vocabulary has a few hundred thousand."""
        data, end, at, unpack = self.data, self.end, self.at, _U64.unpack_from
        for _ in range(count):
            if at + 8 > end:
                self.at = min(at, end)
                self.skip(at + 8 - self.at)
            length = unpack(data, at)[0]
            if length > MAX_TEXT:
                raise bad(f"a string in a list claims {length} bytes: the header is damaged")
            at += 8 + length
        self.skip(at - self.at)
