"""Checks of plain data against the shapes of llama-swap's keys."""

from __future__ import annotations

from collections.abc import Iterable

from .keys import TOP
from .shapes import ANYTHING, INT, SWITCH, Fields, ListOf, Named, Plain, Shape
from .versions import since


def misfit(key: str, value: object, version: int, *prefix: str) -> str | None:
    """Return what a top-level key, or one of a model (`prefix`: `models` and an id), takes instead.

    None where it fits, and where this version does not know the key: it is ignored then.
    """
    shape: Shape | None = TOP
    for part in (*prefix, key):
        match shape:
            case Fields(keys):
                shape = keys.get(part)
            case Named(each):
                shape = each
            case _:
                shape = None
    if shape is None or (since(*prefix, key) or 0) > version:
        return None
    return _misfit(shape, value, version, (*prefix, key))


def _misfit(shape: Shape, value: object, version: int, path: tuple[str, ...]) -> str | None:
    match shape, value:
        case _, None:
            return None
        case Plain(), _:
            return _of_plain(shape, value, path)
        case ListOf(each), list() | tuple():
            return _first(_misfit(each, item, version, path) for item in value)
        case ListOf(), _:
            return f"{'.'.join(path)} takes a list"
        case ((Fields() | Named()), dict()):
            return _first(misfit(key, inner, version, *path) for key, inner in value.items())
    return f"{'.'.join(path)} takes a mapping"


def _first(found: Iterable[str | None]) -> str | None:
    return next((each for each in found if each), None)


def _of_plain(shape: Plain, value: object, path: tuple[str, ...]) -> str | None:
    if shape is ANYTHING or "mapping" in shape.words:
        return None
    fits = not isinstance(value, dict | list | tuple)
    if shape is INT:
        fits = isinstance(value, int) and not isinstance(value, bool)
    elif shape is SWITCH:
        fits = isinstance(value, bool)
    return None if fits else f"{'.'.join(path)} takes {shape.words}"
