"""Models with other values of flags, for asking what they would take then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...fleet.model import Flag, Model


def with_flags(model: Model, **values: str) -> Model:
    """Return a model with other values of flags; `_` in a name stands for `-`."""
    changed = {key.replace("_", "-"): value for key, value in values.items()}
    kept = tuple(flag for flag in model.flags if flag.key not in changed)
    new = tuple(Flag(key, (f"--{key}", value), model.origin) for key, value in changed.items())
    return replace(model, flags=(*kept, *new))


def with_split(model: Model, shares: Sequence[float]) -> Model:
    """Return a model whose layers are split by these shares."""
    return with_flags(model, tensor_split=",".join(map(str, shares)))


def moved(shares: list[int], spare: Sequence[int]) -> bool:
    """Move a share from the fullest card to the emptiest; False where that leads nowhere.

    `spare` is what is left on each card, in bytes, less than nothing where it is too full.
    """
    fullest, emptiest = spare.index(min(spare)), spare.index(max(spare))
    if spare[fullest] >= 0 or spare[emptiest] <= 0 or not shares[fullest]:
        return False
    shares[fullest] -= 1
    shares[emptiest] += 1
    return True
