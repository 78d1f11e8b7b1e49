"""What each key of llama-swap's configuration takes, as one table.

`versions.SINCE` says since when a key is there; a test holds the two against each other. Keys of a
fleet file that pass through come from its own table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, cast

from ..fleet.schema.table import Form
from ..fleet.schema.value_type import ValueType
from ..fleet.schema.values import (
    Decimal,
    Duration,
    Integer,
    JsonValue,
    OneOf,
    OrNull,
    Size,
    Switch,
)
from ..fleet.schema.values import ListOf as Listed
from .versions import fleet_keys


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


def shape_of(kind: ValueType, form: Form | None = None) -> Shape:
    """Return what llama-swap takes for a key of the fleet of this type."""
    match kind:
        case Listed() if form is not Form.JOINED:
            return ListOf(shape_of(kind.item, form))
        case Duration() if form is Form.GO_DURATION:
            return DURATION
        case Duration() | Size() | Integer():
            return INT
        case Switch():
            return SWITCH
        case Decimal() | OneOf() | OrNull() | JsonValue():
            return ANYTHING
    return TEXT


def _insert(shape: Shape, path: str, leaf: Shape) -> None:
    *parents, last = path.split(".")
    for part in parents:
        if isinstance(shape, Named):
            shape = shape.each
        elif isinstance(shape, Fields):
            shape = shape.keys.setdefault(part, Fields({}))
    if isinstance(shape, Fields):
        shape.keys.setdefault(last, leaf)


_OF_THE_FLEET = Fields({})
for _path, _way in fleet_keys():
    if not _path.startswith(("models.", "peers.")):
        _insert(_OF_THE_FLEET, _path, shape_of(_way.key.type, _way.key.form))

TOP = Fields(
    {
        **_OF_THE_FLEET.keys,
        "logRequests": SWITCH,
        "globalTTL": INT,
        "models": Named(_MODEL),
        "profiles": Named(Fields({"description": TEXT, "pins": Named(TEXT)})),
        "selectors": Named(_SELECTOR),
        "routing": _ROUTING,
        "groups": _GROUPS,
        "matrix": _MATRIX,
        "macros": MACROS,
        "startPort": INT,
        "hooks": Fields({"on_startup": Fields({"preload": TEXTS})}),
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
    }
)


for _path, _way in fleet_keys():
    _insert(TOP, _path, shape_of(_way.key.type, _way.key.form))


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
