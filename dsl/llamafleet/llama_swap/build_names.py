"""Groups, the matrix, selectors, profiles and peers as the typed model."""

from __future__ import annotations

from .model import Peer, Profile, Selector, SwapGroup, SwapMatrix, SwapSet
from .read_table import EMPTY, boolean, filters, integer, integers, table, text, texts
from .values import At, Key, Table, Value


def groups(has: Table) -> tuple[SwapGroup, ...]:
    """Groups with llama-swap's defaults."""
    found = []
    for key, value in has:
        inner = value.table or EMPTY
        # A null group gets no defaults at all.
        default = value.table is not None

        def flag(name: str, otherwise: bool, inner: Table = inner, key: Key = key) -> At[bool]:
            return boolean(inner, name) or At(otherwise, key.span)

        found.append(
            SwapGroup(
                key,
                texts(inner, "members"),
                flag("swap", default),
                flag("exclusive", default),
                flag("persistent", False),
                inner,
            )
        )
    return tuple(found)


def matrix(parent: Table) -> SwapMatrix:
    """Return the matrix of a mapping that has one."""
    has, key = table(parent, "matrix"), parent.key("matrix")
    assert key is not None
    sets = table(has, "sets")
    return SwapMatrix(
        key.span,
        tuple((name, At(value.text, value.span)) for name, value in table(has, "vars")),
        integers(table(has, "evict_costs"), null=0),
        tuple(SwapSet(name, At(value.text, value.span)) for name, value in sets),
        has,
    )


def selector(key: Key, value: Value) -> Selector:
    """Return a virtual model."""
    has = value.table or EMPTY
    metadata = has.get("metadata")
    return Selector(
        key,
        text(has, "strategy") or At("", key.span),
        texts(has, "targets"),
        integer(table(has, "settings"), "spillover"),
        text(has, "name"),
        text(has, "description"),
        boolean(has, "unlisted"),
        metadata if metadata and metadata.table else None,
        has,
    )


def profile(key: Key, value: Value) -> Profile:
    """Return a set of rewrites."""
    has = value.table or EMPTY
    pins = tuple((name, At(each.text, each.span)) for name, each in table(has, "pins"))
    return Profile(key, pins, text(has, "description"), has)


def peer(key: Key, value: Value) -> Peer:
    """Read a peer."""
    has = value.table or EMPTY
    return Peer(
        key,
        text(has, "proxy") or At("", key.span),
        texts(has, "models"),
        text(has, "apiKey"),
        filters(table(has, "filters")),
        integers(table(has, "timeouts")),
        null=value.table is None,
        table=has,
    )
