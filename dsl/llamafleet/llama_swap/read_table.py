"""Typed values out of checked mappings."""

from __future__ import annotations

from .model import Filters
from .typed import number, switch
from .values import At, Key, Table

EMPTY = Table(())


def table(parent: Table, *names: str) -> Table:
    """Return the mapping at a path, an empty one where there is none."""
    for name in names:
        value = parent.get(name)
        parent = (value.table if value else None) or EMPTY
    return parent


def text(parent: Table, name: str) -> At[str] | None:
    """Return a text that is written."""
    value = parent.get(name)
    if value is None or not value.scalar or value.data is None:
        return None
    return At(value.text, value.span)


def texts(parent: Table, name: str) -> tuple[At[str], ...]:
    """Return a list of texts; llama-swap drops nulls from it."""
    value = parent.get(name)
    items = (value.items if value else None) or ()
    return tuple(
        At(each.text, each.span) for each in items if each.scalar and each.data is not None
    )


def integer(parent: Table, name: str) -> At[int] | None:
    """Return a number that is written and known."""
    value = parent.get(name)
    found = number(value) if value is not None and value.known else None
    return At(found, value.span) if value is not None and found is not None else None


def boolean(parent: Table, name: str) -> At[bool] | None:
    """Return a switch that is written and known."""
    value = parent.get(name)
    if value is None or not value.known or not value.scalar or value.data is None:
        return None
    return At(switch(value), value.span)


def integers(parent: Table, null: int | None = None) -> tuple[tuple[Key, At[int]], ...]:
    """Return a mapping of numbers; `null` is what nothing counts as."""
    found = []
    for key, value in parent:
        number_ = integer(parent, key.text)
        if number_ is None and null is not None and value.scalar and value.data is None:
            number_ = At(null, value.span)
        if number_ is not None:
            found.append((key, number_))
    return tuple(found)


def filters(has: Table) -> Filters:
    """Read the filters of a model or peer."""
    strip = text(has, "stripParams") or text(has, "strip_params")
    names = tuple(each.strip() for each in strip.value.split(",")) if strip else ()
    by_id = table(has, "setParamsByID")
    return Filters(
        At(tuple(each for each in names if each), strip.span) if strip else None,
        has.get("setParams"),
        tuple(by_id),
    )
