"""Reads the lock beside a fleet file, and asks nobody.

Most checks have no lock to read: what one needs is imported where there is one.
"""

from __future__ import annotations

from ..diagnostics.model import Diagnostics
from ..fleet.model import Fleet
from ..fleet.observed import Observations
from ..language.reading import Read
from .location import lock_path


def load_observations(path: str, read: Read, missed: bool) -> Observations:
    """Return what the lock beside a fleet file knows of the files that are discovered.

    `missed`: folders that it does not have are reported. A lock that cannot be read is reported by
    `load_lock`.
    """
    from .discovered import observations_of
    from .model import Lock
    from .text import read_lock

    try:
        found = read_lock(read(lock_path(path)).decode("utf-8", "replace"))
    except (OSError, ValueError):
        found = Lock()
    return observations_of(found, missed) if isinstance(found, Lock) else Observations()


def load_lock(fleet: Fleet, read: Read, diagnostics: Diagnostics) -> Fleet:
    """Merge the lock beside a fleet into it; `hf = "owner/name:QUANT"` is an error without it."""
    if not fleet.ggufs and not fleet.builds:
        return fleet
    path = lock_path(fleet.path)
    try:
        data = read(path)
    except (OSError, ValueError):
        released = any(build.kind == "release" for build in fleet.builds.values())
        if not released and all(gguf.quant is None for gguf in fleet.ggufs.values()):
            return fleet
        data = b""
    from .merge import lock_of, merge_into

    return merge_into(fleet, lock_of(data, path, fleet, diagnostics), diagnostics)
