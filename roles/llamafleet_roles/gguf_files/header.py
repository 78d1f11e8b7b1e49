"""Read the GGUF header of a file on a host, part by part; no weights are transferred."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pyinfra.api.facts import FactBase
from pyinfra.api.host import Host

from llamafleet.gguf.facts import GgufFacts, facts_of
from llamafleet.gguf.header import Header
from llamafleet.gguf.local import MAX_SHARDS, cut_off
from llamafleet.gguf.problem import GgufError
from llamafleet.gguf.reading import read_header
from llamafleet.gguf.shards import shards
from llamafleet_roles.commands import command_line

# Compressed, for vocabularies are large texts; in base64, for the output of facts is text.
SCRIPT = """\
[ -f "$1" ] || exit 0
stat -Lc 'size %s' -- "$1"
tail -c +"$2" -- "$1" 2>/dev/null | head -c "$3" | gzip -1 | base64 -w 0
"""


@dataclass(frozen=True, slots=True)
class FilePart:
    """Some bytes of a file, and its whole size in bytes."""

    size: int
    data: bytes


ReadPart: TypeAlias = Callable[[str, int, int], FilePart | None]
"""Reads `(path, start, end)` of a file; None if there is no such file."""


class GgufPart(FactBase[FilePart | None]):
    """A part of a file on the host; None if it does not exist or cannot be read."""

    def command(self, path: str, start: int, end: int) -> str:
        """Return a script that prints the size, and the part on one line."""
        return command_line("sh", "-c", SCRIPT, "part", path, str(start + 1), str(end - start))

    @staticmethod
    def default() -> FilePart | None:
        """Return None: unknown."""
        return None

    def process(self, output: list[str]) -> FilePart | None:
        """Decode the script's two lines."""
        match output:
            case [first, *rest] if first.startswith("size ") and first[5:].isdigit():
                try:
                    packed = base64.b64decode("".join(rest), validate=True)
                    return FilePart(int(first[5:]), zlib.decompress(packed, wbits=31))
                except (binascii.Error, zlib.error):
                    return None
        return None


def read_host_facts(host: Host, path: str) -> GgufFacts | GgufError:
    """Return the facts of a model on a host, with all of its shards, or the reason why not."""

    def ask(name: str, start: int, end: int) -> FilePart | None:
        return host.get_fact(GgufPart, path=name, start=start, end=end)

    return read_facts_in_parts(ask, path)


def read_facts_in_parts(ask: ReadPart, path: str) -> GgufFacts | GgufError:
    """Return the facts of a model whose files `ask` reads, or the reason why not."""
    files = shards(path)
    if len(files) > MAX_SHARDS:
        return GgufError(f"its name says that it has {len(files)} files", path)
    headers: list[Header] = []
    for name in files:
        found = _header(ask, name)
        if isinstance(found, GgufError):
            return found
        headers.append(found)
    return facts_of(headers, path)


def _header(ask: ReadPart, name: str) -> Header | GgufError:
    size = -1

    def fetch(start: int, end: int) -> bytes:
        nonlocal size
        part = ask(name, start, end)
        if part is None:
            return b""
        size = part.size
        return part.data

    found = read_header(fetch, name)
    if size < 0:
        return GgufError("the file does not exist or cannot be read", name)
    if isinstance(found, Header):
        return cut_off(found, size, name) or found
    return found
