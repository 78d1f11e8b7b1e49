"""What each key of llama-swap's configuration takes, as one table.

`versions.SINCE` says since when a key is there; a test holds the two against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, cast


@dataclass(frozen=True, slots=True)
class Plain:
    """A scalar, or anything; `words` is what a message calls it."""

    words: str


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping with known keys."""

    keys: dict[str, Shape]


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping whose keys the author chooses."""

    each: Shape


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    each: Shape


Shape: TypeAlias = Plain | Fields | Named | ListOf

TEXT, INT, SWITCH = Plain("a text"), Plain("a whole number"), Plain("true or false")
DURATION = Plain('a duration such as "10s"')
ANYTHING = Plain("anything")
SETS = Plain("a mapping of expressions")
MACROS = Plain("a mapping of texts and numbers")
TEXTS = ListOf(TEXT)
FREE = Named(ANYTHING)

_TIMEOUTS = Fields(
    dict.fromkeys(
        ("connect", "keepalive", "responseHeader", "tlsHandshake", "expectContinue", "idleConn"),
        cast(Shape, INT),
    )
)
_FILTERS: dict[str, Shape] = {"stripParams": TEXT, "setParams": FREE, "setParamsByID": Named(FREE)}
_GROUPS = Named(
    Fields({"swap": SWITCH, "exclusive": SWITCH, "persistent": SWITCH, "members": TEXTS})
)
_MATRIX = Fields({"vars": Named(TEXT), "evict_costs": Named(INT), "sets": SETS})
_MODEL = Fields(
    {
        "cmd": TEXT,
        "cmdStop": TEXT,
        "proxy": TEXT,
        "aliases": TEXTS,
        "env": TEXTS,
        "checkEndpoint": TEXT,
        "ttl": INT,
        "unloadTimeout": INT,
        "unlisted": SWITCH,
        "useModelName": TEXT,
        "name": TEXT,
        "description": TEXT,
        "concurrencyLimit": INT,
        "filters": Fields({**_FILTERS, "strip_params": TEXT}),
        "macros": MACROS,
        "metadata": FREE,
        "sendLoadingState": SWITCH,
        "timeouts": _TIMEOUTS,
        "compat": Fields({"ignoreWebsockets": SWITCH}),
        "capabilities": Fields(
            {"in": TEXTS, "out": TEXTS, "tools": SWITCH, "reranker": SWITCH, "context": INT}
        ),
        "healthCheckTimeout": INT,
    }
)
_SELECTOR = Fields(
    {
        "strategy": TEXT,
        "targets": TEXTS,
        "settings": Fields({"spillover": INT}),
        "name": TEXT,
        "description": TEXT,
        "unlisted": SWITCH,
        "metadata": FREE,
    }
)
_ROUTING = Fields(
    {
        "router": Fields({"use": TEXT, "settings": Fields({"groups": _GROUPS, "matrix": _MATRIX})}),
        "scheduler": Fields(
            {"use": TEXT, "settings": Fields({"fifo": Fields({"priority": Named(INT)})})}
        ),
    }
)
TOP = Fields(
    {
        "healthCheckTimeout": INT,
        "logRequests": SWITCH,
        "logLevel": TEXT,
        "logTimeFormat": TEXT,
        "logToStdout": TEXT,
        "metricsMaxInMemory": INT,
        "captureBuffer": INT,
        "store": Fields({"path": TEXT}),
        "ui": Fields({"activity": Fields({"session_id": TEXTS})}),
        "performance": Fields({"disabled": SWITCH, "every": DURATION}),
        "globalTTL": INT,
        "unloadTimeout": INT,
        "models": Named(_MODEL),
        "profiles": Named(Fields({"description": TEXT, "pins": Named(TEXT)})),
        "selectors": Named(_SELECTOR),
        "routing": _ROUTING,
        "groups": _GROUPS,
        "matrix": _MATRIX,
        "macros": MACROS,
        "startPort": INT,
        "hooks": Fields({"on_startup": Fields({"preload": TEXTS})}),
        "sendLoadingState": SWITCH,
        "includeAliasesInList": SWITCH,
        "apiKeys": TEXTS,
        "peers": Named(
            Fields(
                {
                    "proxy": TEXT,
                    "apiKey": TEXT,
                    "models": TEXTS,
                    "filters": Fields(_FILTERS),
                    "timeouts": _TIMEOUTS,
                }
            )
        ),
        "upstream": Fields({"ignorePaths": TEXTS}),
    }
)


def paths(shape: Shape = TOP, prefix: str = "") -> dict[str, Shape]:
    """Every known key by its path, written as in `versions.SINCE`."""
    found: dict[str, Shape] = {}
    match shape:
        case Fields(keys):
            for key, inner in keys.items():
                path = f"{prefix}.{key}".lstrip(".")
                found |= {path: inner} | paths(inner, path)
        case Named(each):
            found |= paths(each, f"{prefix}.*")
    return found
