"""Differences between two states of a folder, a line each, for people."""

from __future__ import annotations

from collections.abc import Iterator

from ..fleet.observed import ObservedFolder, ObservedWeights
from ..lock.quants import in_bytes


def folder_differences(before: ObservedFolder | None, after: ObservedFolder) -> tuple[str, ...]:
    """Return a line for each model: `+` new, `-` gone, `~` changed."""
    return tuple(_lines(before or ObservedFolder((), ()), after))


def _lines(before: ObservedFolder, after: ObservedFolder) -> Iterator[str]:
    was = {each.name: each for each in before.models}
    now = {each.name: each for each in after.models}
    for name in sorted(was.keys() | now.keys()):
        one, other = was.get(name), now.get(name)
        if other is None:
            yield f"- model {name}"
        elif one is None:
            yield f"+ model {name}: {_described(other)}"
        elif one.files != other.files or one.facts != other.facts:
            yield f"~ model {name}: other weights, {_described(other)}"
        elif one.mmproj != other.mmproj:
            yield f"~ model {name}: projector {one.mmproj or 'none'} → {other.mmproj or 'none'}"


def _described(weights: ObservedWeights) -> str:
    rest = f" and {len(weights.files) - 1} more" if len(weights.files) > 1 else ""
    size = in_bytes(sum(each.size for each in weights.files))
    projector = f", with {weights.mmproj}" if weights.mmproj else ""
    return f"{weights.path}{rest}, {size}{projector}"
