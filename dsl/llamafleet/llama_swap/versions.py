"""The first release of llama-swap that reads each key; older ones ignore the key silently.

A path names the key under its parents; `*` stands for a name that the author chooses. Keys that the
fleet's language has say it themselves, in the tables of `fleet/schema/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .key_table import ROUTING as ROUTING
from .key_table import known_keys

NEWEST = 250
"""The newest release whose behaviour is known here; later ones are taken to be like it."""
OLDEST = 202
"""The oldest release whose verdict is followed; its keys are known for older ones, too."""

MACROS_EVERYWHERE = 243
"""Macros are replaced in every value, and all scalars are typed before that."""
IDS_IN_SETS = 243
"""A set may name a model by its id, and vars may have 32 characters."""
SETS_SORTED = 243
"""Sets are tried in the natural order of their names, no longer in the written order."""
NO_EXPANSION_LIMIT = 244
"""A matrix may mean any number of combinations; before it, 1000."""
PEER_NAMESPACE = 242
CONFIG_DIR = 230


def _first_releases() -> Iterator[tuple[str, int]]:
    """Yield the first release of each key, and of each mapping that holds one."""
    keys = [(each.path.rstrip(".*"), each.since) for each in known_keys()]
    found = dict(keys)
    for path, first in keys:
        while "." in path:
            path = path.rpartition(".")[0]
            if not path.endswith(".*"):
                found[path] = min(first, found.get(path, first))
    yield from found.items()


SINCE = dict(_first_releases())

_NAMED = frozenset(path[: path.rindex(".*.")] for path in SINCE if ".*." in path)
"""Mappings whose keys the author chooses."""


def pattern(*path: str) -> str:
    """Return a path as a key of `SINCE`: `pattern("models", "chat", "ttl")` is `models.*.ttl`."""
    words = ""
    for word in path:
        words = f"{words}.{'*' if words in _NAMED else word}".lstrip(".")
    return words


def since(*path: str) -> int | None:
    """Return the first release that reads the key at a path; None if none does."""
    return SINCE.get(pattern(*path))


def number(version: str) -> int | None:
    """Return the number of a release, 250 for `v250`; None if the text names none."""
    found = re.fullmatch(r"v?([1-9][0-9]{0,5})", version)
    return int(found[1]) if found else None
