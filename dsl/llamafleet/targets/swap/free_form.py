"""Keys and values of the user's own on their way into YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...fleet.model import Json, JsonObject
from ..writers.yaml_file import Named, Tree, is_word


def named(values: JsonObject) -> Named:
    """Return a block of the user's own keys."""
    return Named(tuple((key, tree_of(value)) for key, value in values.items()))


def with_keys_of_theirs(ours: Mapping[str, Tree], theirs: JsonObject) -> Mapping[str, Tree] | Named:
    """Return our keys and those that pass through; all in quotes if one of these needs it."""
    whole = {**ours, **dict(named(theirs).entries)}
    return whole if all(map(is_word, theirs)) else Named(tuple(whole.items()))


def merged(tree: Mapping[str, Tree], more: Mapping[str, Tree]) -> dict[str, Tree]:
    """Return both mappings in one, and so for mappings in them; what `more` says goes before."""
    found = dict(tree)
    for key, value in more.items():
        known = found.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            value = merged(known, value)
        found[key] = value
    return found


def tree_of(value: Json) -> Tree:
    """Return one value."""
    match value:
        case tuple():
            return tuple(tree_of(each) for each in value)
        case Mapping():
            return named(value)
    return value


def texts_of(value: Json) -> Iterator[str]:
    """Yield every text in it, without keys."""
    match value:
        case str():
            yield value
        case tuple():
            for each in value:
                yield from texts_of(each)
        case Mapping():
            for inner in value.values():
                yield from texts_of(inner)


def keys_of(value: Json) -> Iterator[str]:
    """Yield every key in it."""
    match value:
        case tuple():
            for each in value:
                yield from keys_of(each)
        case Mapping():
            for key, inner in value.items():
                yield key
                yield from keys_of(inner)


def replaced(value: Json, old: str, new: str) -> Json:
    """Return the value with `old` replaced by `new` in its texts, keys left alone."""
    match value:
        case str():
            return value.replace(old, new)
        case tuple():
            return tuple(replaced(each, old, new) for each in value)
        case Mapping():
            return {key: replaced(inner, old, new) for key, inner in value.items()}
    return value
