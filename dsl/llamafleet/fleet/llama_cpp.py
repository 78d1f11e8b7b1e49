"""The llama.cpp of each build, and the tables of flags that a fleet is checked against."""

from __future__ import annotations

from .model import Build, Fleet
from .schema.flag_tables import OURS, FlagTables, number

UPSTREAM = ("ggml-org/llama.cpp", "ggerganov/llama.cpp")


def tables_of(fleet: Fleet) -> FlagTables:
    """Return the tables that a fleet is checked by."""
    return fleet.flag_tables or OURS


def release_of(build: Build) -> str | None:
    """Return the release that a build is; None for a fork, whose flags no table tells."""
    url = build.url or UPSTREAM[0]
    upstream = any(each in url for each in UPSTREAM)
    # A number is upstream's own: what has one comes from a mirror.
    return build.release if upstream or number(build.ref) is not None else None
