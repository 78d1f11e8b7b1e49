"""llama-server's flags per build of llama.cpp, side by side.

A table holds what one build's own `--help` says. Some come with llamafleet, in `flags/`; a rollout
leaves that of each build it has made in the user's cache, where it is found from then on.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from .server_flag import ServerFlag, server_flag

BUNDLED = Path(__file__).with_name("flags")
_BUILD = re.compile(r"b([0-9]{1,9})")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class FlagTable:
    """The flags of one build."""

    ref: str
    rows: tuple[Row, ...]

    @cached_property
    def flags(self) -> Mapping[str, ServerFlag]:
        """Its flags by key, in the order of its help."""
        return {row["key"]: server_flag(row) for row in self.rows}

    @cached_property
    def by_name(self) -> Mapping[str, ServerFlag]:
        """Its flags by every spelling, with the dashes."""
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


def number(ref: str) -> int | None:
    """`b11434` is the 11434th build; a branch or a commit has no number."""
    found = _BUILD.fullmatch(ref)
    return int(found[1]) if found else None


@cache
def nearest(ref: str) -> Nearest:
    """The build's own table, else the nearest older one, else the oldest; a branch has the newest.

    A table of the user's cache, which a build's own binary has written, comes before ours.
    """
    paths = _paths()
    if ref in paths:
        return Nearest(_read(ref, paths[ref]), True)
    numbered = sorted((found, name) for name in paths if (found := number(name)) is not None)
    wanted = number(ref)
    older = [name for found, name in numbered if wanted is None or found <= wanted]
    name = older[-1] if older else numbered[0][1]
    return Nearest(_read(name, paths[name]), False)


@cache
def spelled_for(ref: str, name: str) -> str:
    """What a build calls a flag that others call `name`: `--no-ui` was `--no-webui` once."""
    known = nearest(ref).table.by_name
    if name in known:
        return name
    for table in bundled():
        flag = table.by_name.get(name)
        if flag is not None and not flag.removed:
            for other in flag.negatives if name in flag.negatives else flag.names:
                if other in known and not known[other].removed:
                    return other
    return name


@cache
def bundled() -> tuple[FlagTable, ...]:
    """The tables that come with llamafleet, newest first."""
    found = {number(path.stem) or 0: path for path in BUNDLED.glob("b*.json")}
    return tuple(_read(found[key].stem, found[key]) for key in sorted(found, reverse=True))


def cache_folder() -> Path:
    """Where rollouts leave the tables of builds, beside all else that they keep."""
    chosen = os.environ.get("LLAMAFLEET_CACHE")
    if chosen:
        return Path(chosen).expanduser() / "flags"
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "llamafleet" / "flags"


def _paths() -> Mapping[str, Path]:
    found = {path.stem: path for path in BUNDLED.glob("*.json")}
    with contextlib.suppress(OSError):  # there is no cache, or none that may be read
        found |= {path.stem: path for path in cache_folder().glob("*.json") if _readable(path)}
    return found


def _readable(path: Path) -> bool:
    """Whether a file of the cache is a table; one that a dying rollout left half is not."""
    try:
        rows = json.loads(path.read_bytes())
        FlagTable(path.stem, tuple(rows)).by_name  # noqa: B018
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return bool(rows)


@cache
def _read(ref: str, path: Path) -> FlagTable:
    return FlagTable(ref, tuple(json.loads(path.read_bytes())))
