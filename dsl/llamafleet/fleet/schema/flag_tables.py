"""llama-server's flags per build of llama.cpp, side by side.

A table holds what one build's own `--help` says. Some come with llamafleet, in `flags/`; a rollout
puts that of another build it has made into the fleet's lock. Nothing else counts, so that a fleet
and its lock have the same verdict on every machine.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

from ...dataclasses import dataclass, field
from ...language.reading import read_bytes
from .server_flag import ServerFlag, server_flag

BUNDLED = __file__.removesuffix("flag_tables.py") + "flags"
_BUILD = re.compile(r"b([0-9]{1,9})")
_TYPES = frozenset(
    {"switch", "flag", "integer", "number", "choice", "pair", "list", "repeated", "text"}
)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class FlagTable:
    """The flags of one build."""

    ref: str
    rows: tuple[Row, ...]

    @cached_property
    def flags(self) -> Mapping[str, ServerFlag]:
        """Return its flags by key, in the order of its help."""
        return {row["key"]: server_flag(row) for row in self.rows}

    @cached_property
    def by_name(self) -> Mapping[str, ServerFlag]:
        """Return its flags by every spelling, with the dashes."""
        found: dict[str, ServerFlag] = {}
        for flag in self.flags.values():
            for name in (*flag.names, *flag.negatives):
                found.setdefault(name, flag)
        return found


@dataclass(frozen=True, slots=True)
class Nearest:
    """The table to check a build by; `exact` where it is that build's own."""

    table: FlagTable
    exact: bool


@dataclass(frozen=True)
class FlagTables:
    """The tables that a fleet is checked by: those that come with llamafleet, and its lock's."""

    locked: Mapping[str, FlagTable] = field(default_factory=dict)

    @cached_property
    def _known(self) -> dict[str, Nearest]:
        return {}

    def nearest(self, ref: str) -> Nearest:
        """Return the build's own table, else the nearest older one, else the oldest.

        A branch or a commit without a table has the newest. No lock replaces a table of ours.
        """
        if ref not in self._known:
            self._known[ref] = self._nearest(ref)
        return self._known[ref]

    def _nearest(self, ref: str) -> Nearest:
        tables = {**self.locked, **{table.ref: table for table in bundled()}}
        if ref in tables:
            return Nearest(tables[ref], True)
        numbered = sorted((found, name) for name in tables if (found := number(name)) is not None)
        wanted = number(ref)
        older = [name for found, name in numbered if wanted is None or found <= wanted]
        return Nearest(tables[older[-1] if older else numbered[0][1]], False)

    def spelled_for(self, ref: str, name: str) -> str:
        """Return a build's spelling of a flag: `--no-ui` was `--no-webui` once."""
        known = self.nearest(ref).table.by_name
        if name in known:
            return name
        for table in bundled():
            flag = table.by_name.get(name)
            if flag is not None and not flag.removed:
                for other in flag.negatives if name in flag.negatives else flag.names:
                    if other in known and not known[other].removed:
                        return other
        return name


OURS = FlagTables()
"""The tables that come with llamafleet, alone."""


def number(ref: str) -> int | None:
    """Return a build's number, 11434 for `b11434`; None for a branch or a commit."""
    found = _BUILD.fullmatch(ref)
    return int(found[1]) if found else None


def readable(rows: object) -> bool:
    """Return True if what a lock has for a build is a table, down to each row."""
    return isinstance(rows, tuple | list) and bool(rows) and all(map(_is_row, rows))


def _is_row(row: object) -> bool:
    if not isinstance(row, Mapping):
        return False
    texts = (row.get("names"), row.get("no", []), row.get("words", []))
    return (
        all(isinstance(row.get(each), str) for each in ("key", "type"))
        and row["type"] in _TYPES
        and isinstance(row.get("of", ""), str)
        and all(isinstance(row.get(each, 0), int) for each in ("low", "high", "none", "removed"))
        and all(
            isinstance(each, tuple | list) and all(isinstance(word, str) for word in each)
            for each in texts
        )
    )


@cache
def bundled() -> tuple[FlagTable, ...]:
    """Return the tables that come with llamafleet, newest first."""
    names = (each.removesuffix(".json") for each in os.listdir(BUNDLED))  # noqa: PTH208
    found = {key: name for name in names if (key := number(name)) is not None}
    return tuple(_read(found[key]) for key in sorted(found, reverse=True))


def _read(ref: str) -> FlagTable:
    return FlagTable(ref, tuple(json.loads(read_bytes(f"{BUNDLED}/{ref}.json"))))
