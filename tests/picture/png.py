"""Reads what a browser writes as a screenshot: PNG with 8 bits a channel, not interlaced."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}


def pixels(data: bytes) -> tuple[int, int, int, list[bytes]]:
    """Width, height, bytes a pixel, and the rows."""
    assert data.startswith(SIGNATURE)
    chunks = list(_chunks(data))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, interlaced) == (8, 0)
    step = CHANNELS[kind]
    raw = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    length = width * step
    rows: list[bytes] = []
    above = bytes(length)
    for y in range(height):
        at = y * (length + 1)
        above = _unfiltered(raw[at], raw[at + 1 : at + 1 + length], above, step)
        rows.append(above)
    return width, height, step, rows


def colours(data: bytes) -> dict[bytes, int]:
    """How often each colour is in a picture."""
    _, _, step, rows = pixels(data)
    found: dict[bytes, int] = {}
    for row in rows:
        for at in range(0, len(row), step):
            colour = row[at : at + 3]
            found[colour] = found.get(colour, 0) + 1
    return found


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += length + 12


def _unfiltered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    if kind == 0:
        return row
    out = bytearray(row)
    if kind == 2:
        return bytes((a + b) & 255 for a, b in zip(row, above, strict=True))
    for i in range(len(out)):
        left = out[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        out[i] = (out[i] + _guess(kind, left, up, corner)) & 255
    return bytes(out)


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 1:
        return left
    if kind == 3:
        return (left + up) // 2
    whole = left + up - corner
    near = (abs(whole - left), abs(whole - up), abs(whole - corner))
    return (left, up, corner)[near.index(min(near))]
