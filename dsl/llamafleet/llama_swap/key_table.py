"""Every key of llama-swap's configuration: its path, its first release, and the shape of its value.

Keys that the fleet's language has come from its own tables, `fleet/schema/`; only the others are
listed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..fleet.schema.model_keys import MODEL
from ..fleet.schema.swap_routing import ROUTING_BLOCKS
from ..fleet.schema.swap_service import BLOCKS, KEYS
from ..fleet.schema.table import BlockSchema, Key
from .shapes import INT, MACROS, SETS, SWITCH, TEXT, Named, Shape, shape_of

ROUTING = 225
"""The first release with a section `routing`, where the matrix and groups may stand."""
MOVED = frozenset({"groups", "matrix"})


class KnownKey(NamedTuple):
    """A key of llama-swap's configuration.

    `path` leads to it, with `*` for a name that the author chooses; `since` is the first release
    that reads it, and `shape` what it takes there.
    """

    path: str
    since: int
    shape: Shape


NOT_OF_A_FLEET = (
    KnownKey("logRequests", 79, SWITCH),
    KnownKey("startPort", 110, INT),
    KnownKey("macros", 123, MACROS),
    KnownKey("models.*.macros", 163, MACROS),
    KnownKey("models.*.filters.strip_params", 131, TEXT),
    KnownKey("models.*.healthCheckTimeout", 218, INT),
    KnownKey("matrix.vars", 202, Named(TEXT)),
    KnownKey("matrix.sets", 202, SETS),
    KnownKey("routing.router.use", 225, TEXT),
    KnownKey("routing.scheduler.use", 225, TEXT),
)
"""Keys that are not in the tables of `fleet/schema/`: the first release that reads each, its shape.

A fleet file needs no key for them (ports, macros, the kind of a router), or has other words (sets).
"""


def known_keys() -> Iterator[KnownKey]:
    """Yield every key, those of the matrix and of groups at both of their places."""
    for key in (*fleet_keys(), *NOT_OF_A_FLEET):
        if key.path.partition(".")[0] in MOVED:
            path = f"routing.router.settings.{key.path}"
            yield KnownKey(path, max(key.since, ROUTING), key.shape)
        yield key


def fleet_keys() -> Iterator[KnownKey]:
    """Yield the keys that the tables of the fleet's language know."""
    yield from _of_keys(KEYS, "", 1)
    yield from _of_keys(MODEL.keys, "", 1)
    for block in MODEL.blocks:
        yield from _of_block(block, MODEL.upstream, 1)
    for block in (*BLOCKS, *ROUTING_BLOCKS):
        yield from _of_block(block, "", 1)


def _of_block(block: BlockSchema, holder: str, since: int) -> Iterator[KnownKey]:
    if not block.upstream:
        return
    path, since = _below(holder, block.upstream), max(since, block.since)
    yield from _of_keys(block.keys, path, since)
    if block.free_keys and not block.keys:
        yield KnownKey(f"{path}.*", since, shape_of(block.free_keys))
    for inner in block.blocks:
        yield from _of_block(inner, path, since)


def _of_keys(keys: Iterable[Key], holder: str, since: int) -> Iterator[KnownKey]:
    for key in keys:
        # What begins with a dash is a flag of a program.
        if key.upstream and not key.upstream.startswith("-"):
            path = _below(holder, key.upstream)
            yield KnownKey(path, max(since, key.since), shape_of(key.type, key.form))


def _below(holder: str, upstream: str) -> str:
    return f"{holder}.{upstream}".lstrip(".")
