"""The facts of a model on this machine; of its weights nothing is read."""

from __future__ import annotations

import os
from pathlib import Path

from .facts import GgufFacts, facts_of
from .header import Header
from .problem import GgufError
from .reading import FIRST, read_header
from .shards import shards

MAX_SHARDS = 1000


def read_facts(path: str | os.PathLike[str], whole: bool = True) -> GgufFacts | GgufError:
    """Return the facts of the file at `path` and of the shards beside it, or a GgufError.

    With `whole`, a file that ends before its weights do is an error, as it is for llama.cpp.
    """
    files = shards(os.fspath(path))
    if len(files) > MAX_SHARDS:
        return GgufError(f"its name claims {len(files)} shards", os.fspath(path))
    headers: list[Header] = []
    for name in files:
        found = _header(name, whole)
        if isinstance(found, GgufError):
            return found
        headers.append(found)
    return facts_of(headers, files[0])


def _header(name: str, whole: bool) -> Header | GgufError:
    path = Path(name)
    try:
        # A pipe or a device would never end, or never begin.
        if path.exists() and not path.is_file():
            return GgufError("not a regular file", name)
        with path.open("rb") as stream:

            def fetch(start: int, end: int) -> bytes:
                return stream.read(end - start)

            found = read_header(fetch, name, FIRST)
            size = os.fstat(stream.fileno()).st_size
    except FileNotFoundError:
        return GgufError("no such file", name)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "no path"
        return GgufError(f"cannot be read: {(said or str(error)).lower()}", name)
    if isinstance(found, Header) and whole:
        return cut_off(found, size, name) or found
    return found


def cut_off(header: Header, size: int, name: str) -> GgufError | None:
    """Return an error for a file smaller than its header says; None if it is complete."""
    if size >= _needed(header):
        return None
    return GgufError(
        f"the file has {size} bytes, but its weights end at {header.end}: the copy is incomplete",
        name,
    )


def _needed(header: Header) -> int:
    """Return the end of the last tensor; the padding after it may be missing."""
    if not header.tensors:
        return header.data
    return header.data + header.tensors[-1].offset + header.tensors[-1].size
