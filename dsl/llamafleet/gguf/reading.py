"""Reads headers with as few bytes as it takes: some first, then twice as many, up to a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..dataclasses import replace
from .cursor import MAX_HEADER
from .header import Header, parse_header
from .problem import GgufError, Incomplete

FIRST = 2 << 20
"""Bytes to begin with: enough for small vocabularies, and for all shards but the first."""

Fetch: TypeAlias = Callable[[int, int], bytes]
"""Gives the bytes of a file from a position up to another; fewer only at its end."""


def read_header(fetch: Fetch, source: str = "", first: int = FIRST) -> Header | GgufError:
    """Read a header by `fetch`, or return a GgufError.

    Only what is missing is asked for, so every byte comes once.
    """
    data = b""
    want = first
    while True:
        more = fetch(len(data), want)
        data += more
        found = parse_header(data)
        match found:
            case Header():
                return found
            case GgufError():
                return replace(found, source=source)
            case Incomplete(needed):
                if len(data) < want:
                    return GgufError(_ends(len(data)), source)
                want = min(max(2 * want, needed), MAX_HEADER)


def _ends(size: int) -> str:
    if size == 0:
        return "the file is empty"
    return f"the file ends after {size} bytes, inside its header: the copy is incomplete"
