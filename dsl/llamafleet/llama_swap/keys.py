"""The shape of llama-swap's whole configuration, as one tree."""

from __future__ import annotations

from typing import TypeAlias

from .key_table import known_keys
from .shapes import Fields, Named, Shape

_Tree: TypeAlias = "dict[str, _Tree | Shape]"


def _whole() -> Fields:
    tree: _Tree = {}
    for key in known_keys():
        *parents, last = key.path.split(".")
        holder = tree
        for part in parents:
            inner = holder.setdefault(part, {})
            assert isinstance(inner, dict), key.path
            holder = inner
        holder[last] = key.shape
    return Fields({key: _shape(inner) for key, inner in tree.items()})


def _shape(tree: _Tree | Shape) -> Shape:
    if not isinstance(tree, dict):
        return tree
    if "*" in tree:
        return Named(_shape(tree["*"]))
    return Fields({key: _shape(inner) for key, inner in tree.items()})


TOP = _whole()


def paths(shape: Shape = TOP, prefix: str = "") -> dict[str, Shape]:
    """Return every known key by its path, written as in `versions.SINCE`."""
    found: dict[str, Shape] = {}
    match shape:
        case Fields(keys):
            for key, inner in keys.items():
                path = f"{prefix}.{key}".lstrip(".")
                found |= {path: inner} | paths(inner, path)
        case Named(each):
            found |= paths(each, f"{prefix}.*")
    return found
