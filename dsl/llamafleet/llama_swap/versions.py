"""Since which release llama-swap knows each key of its configuration; older ones say nothing.

A path names the key under its parents; `*` stands for a name that the author chooses. Keys of a
fleet file that pass through say it themselves (`fleet/schema/swap_service.py`); the rest is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..fleet.schema.core import MODEL_UPSTREAM_PATHS
from ..fleet.schema.pass_through import UpstreamPath
from ..fleet.schema.swap_keys import TIMEOUTS
from ..fleet.schema.swap_service import UPSTREAM_PATHS as OF_THE_SERVICE

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
ROUTING = 225
PEER_NAMESPACE = 242
CONFIG_DIR = 230


def fleet_keys() -> Iterator[tuple[str, UpstreamPath]]:
    """Yield the keys of a fleet file that pass through to this configuration, by their paths."""
    for upstream in OF_THE_SERVICE:
        yield ".".join(upstream.parts), upstream
    for upstream in MODEL_UPSTREAM_PATHS:
        yield ".".join(("models.*", *upstream.parts)), upstream
        if upstream.block == TIMEOUTS.kind:
            yield ".".join(("peers.*", *upstream.parts)), upstream


_OWN: dict[str, int] = {
    "models": 1,
    "logRequests": 79,
    "groups": 107,
    "groups.*.swap": 107,
    "groups.*.exclusive": 107,
    "groups.*.persistent": 107,
    "groups.*.members": 107,
    "startPort": 110,
    "macros": 123,
    "hooks": 151,
    "hooks.on_startup": 151,
    "hooks.on_startup.preload": 151,
    "apiKeys": 179,
    "peers": 179,
    "peers.*.proxy": 179,
    "peers.*.apiKey": 179,
    "peers.*.models": 179,
    "peers.*.filters": 184,
    "peers.*.filters.stripParams": 184,
    "peers.*.filters.setParams": 184,
    "peers.*.filters.setParamsByID": 194,
    "peers.*.timeouts": 200,
    "peers.*.timeouts.connect": 200,
    "peers.*.timeouts.keepalive": 201,
    "peers.*.timeouts.responseHeader": 200,
    "peers.*.timeouts.tlsHandshake": 200,
    "peers.*.timeouts.expectContinue": 200,
    "peers.*.timeouts.idleConn": 200,
    "globalTTL": 197,
    "matrix": 202,
    "matrix.vars": 202,
    "matrix.evict_costs": 202,
    "matrix.sets": 202,
    "routing": 225,
    "routing.router": 225,
    "routing.router.use": 225,
    "routing.router.settings": 225,
    "routing.router.settings.groups": 225,
    "routing.router.settings.groups.*.swap": 225,
    "routing.router.settings.groups.*.exclusive": 225,
    "routing.router.settings.groups.*.persistent": 225,
    "routing.router.settings.groups.*.members": 225,
    "routing.router.settings.matrix": 225,
    "routing.router.settings.matrix.vars": 225,
    "routing.router.settings.matrix.evict_costs": 225,
    "routing.router.settings.matrix.sets": 225,
    "routing.scheduler": 225,
    "routing.scheduler.use": 225,
    "routing.scheduler.settings": 225,
    "routing.scheduler.settings.fifo": 225,
    "routing.scheduler.settings.fifo.priority": 225,
    "profiles": 241,
    "profiles.*.description": 241,
    "profiles.*.pins": 241,
    "selectors": 241,
    "selectors.*.strategy": 241,
    "selectors.*.targets": 241,
    "selectors.*.settings": 241,
    "selectors.*.settings.spillover": 241,
    "selectors.*.name": 241,
    "selectors.*.description": 241,
    "selectors.*.unlisted": 241,
    "selectors.*.metadata": 241,
    "models.*.cmd": 1,
    "models.*.proxy": 1,
    "models.*.aliases": 1,
    "models.*.env": 1,
    "models.*.checkEndpoint": 1,
    "models.*.ttl": 1,
    "models.*.unlisted": 77,
    "models.*.useModelName": 95,
    "models.*.concurrencyLimit": 112,
    "models.*.cmdStop": 118,
    "models.*.filters": 131,
    "models.*.filters.strip_params": 131,
    "models.*.filters.stripParams": 163,
    "models.*.filters.setParams": 184,
    "models.*.filters.setParamsByID": 194,
    "models.*.name": 134,
    "models.*.description": 134,
    "models.*.macros": 163,
    "models.*.metadata": 163,
    "models.*.sendLoadingState": 171,
    "models.*.timeouts": 200,
    "models.*.timeouts.connect": 200,
    "models.*.timeouts.keepalive": 201,
    "models.*.timeouts.responseHeader": 200,
    "models.*.timeouts.tlsHandshake": 200,
    "models.*.timeouts.expectContinue": 200,
    "models.*.timeouts.idleConn": 200,
    "models.*.healthCheckTimeout": 218,
    "models.*.capabilities": 225,
    "models.*.capabilities.in": 225,
    "models.*.capabilities.out": 225,
    "models.*.capabilities.tools": 225,
    "models.*.capabilities.reranker": 225,
    "models.*.capabilities.context": 225,
    "models.*.unloadTimeout": 240,
    "models.*.compat": 249,
    "models.*.compat.ignoreWebsockets": 249,
}


def _with_parents(own: dict[str, int]) -> dict[str, int]:
    """Return the table with the fleet's own keys, and what holds them as old as the oldest."""
    found = dict(own)
    for path, upstream in fleet_keys():
        first = upstream.key.since or 1
        found.setdefault(path, first)
        while "." in path:
            path = path.rpartition(".")[0]
            if path not in own and not path.endswith(".*"):
                found[path] = min(first, found.get(path, first))
    return found


SINCE = _with_parents(_OWN)

_NAMED = frozenset(path[: path.rindex(".*.")] for path in SINCE if ".*." in path)
"""Mappings whose keys the author chooses."""


def pattern(*path: str) -> str:
    """The way a key is written in `SINCE`: `pattern("models", "chat", "ttl")` is `models.*.ttl`."""
    words = ""
    for word in path:
        words = f"{words}.{'*' if words in _NAMED else word}".lstrip(".")
    return words


def since(*path: str) -> int | None:
    """The first release that knows a key, by the keys that lead to it; None if none does."""
    return SINCE.get(pattern(*path))


def number(version: str) -> int | None:
    """`250` of `v250`; None of what is no release of llama-swap."""
    found = re.fullmatch(r"v?([1-9][0-9]{0,5})", version)
    return int(found[1]) if found else None
