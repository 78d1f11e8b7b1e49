"""Writes GGUF headers for tests: any entries, any tensors, and no weights unless asked for."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from llamafleet.gguf.header import padded
from llamafleet.gguf.tensor_types import BY_NAME, BY_NUMBER

U32, F32, BOOL, STRING, LIST, U64 = 4, 6, 7, 8, 9, 10
NUMBER = {each.name: number for number, each in BY_NUMBER.items()}

Weights = tuple[str, str, tuple[int, ...]]
"""A tensor's name, type and dimensions, the contiguous one first."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A value whose type and bytes a test gives itself."""

    type: int
    data: bytes


def text(value: str) -> bytes:
    """A length and UTF-8."""
    data = value.encode("utf-8", "surrogateescape")
    return struct.pack("<Q", len(data)) + data


def value(found: object) -> bytes:
    """A type and a value, the type chosen by Python's."""
    match found:
        case Raw(type_, data):
            return struct.pack("<I", type_) + data
        case bool():
            return struct.pack("<I?", BOOL, found)
        case int() if found < 1 << 32:
            return struct.pack("<II", U32, found)
        case int():
            return struct.pack("<IQ", U64, found)
        case float():
            return struct.pack("<If", F32, found)
        case str():
            return struct.pack("<I", STRING) + text(found)
        case tuple() | list():
            items = [value(each) for each in found] or [struct.pack("<I", U32)]
            head = struct.pack("<IIQ", LIST, struct.unpack("<I", items[0][:4])[0], len(found))
            return head + b"".join(each[4:] for each in items if found)
    raise TypeError(f"no GGUF value: {found!r}")


def header_bytes(
    entries: Mapping[str, object], tensors: Sequence[Weights] = (), version: int = 3
) -> tuple[bytes, int]:
    """A header up to where its weights begin, and how many bytes these would take."""
    data = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(entries))
    data += b"".join(text(key) + value(each) for key, each in entries.items())
    alignment = entries.get("general.alignment", 32)
    assert isinstance(alignment, int)
    offset = 0
    for name, type_, dims in tensors:
        data += text(name) + struct.pack(f"<I{len(dims)}Q", len(dims), *dims)
        data += struct.pack("<IQ", NUMBER[type_], offset)
        stored = BY_NAME[type_]
        offset = padded(offset + prod(dims) // stored.block * stored.bytes, alignment)
    return data + bytes(-len(data) % alignment), offset


def write_gguf(path: Path, entries: Mapping[str, object], tensors: Sequence[Weights] = ()) -> Path:
    """A file of the full size, whose weights are a hole that takes no room on the disk."""
    data, size = header_bytes(entries, tensors)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.write(data)
        stream.truncate(len(data) + size)
    return path
