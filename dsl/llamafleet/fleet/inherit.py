"""`like` and `defaults`: a model's own words win, then the model it is like, then the defaults."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..language.syntax import Attribute
from .schema.block import Fields


def layered(own: Fields, *inherited: tuple[Fields, Collection[str]]) -> Fields:
    """Return a block's fields over those of others, each with the keys that it does not pass on.

    `key = none` takes the key away from every layer below it.
    """
    values: dict[str, Any] = dict(own.values)
    written: dict[str, Attribute] = dict(own.written)
    removed = set(own.removed)
    blocks = dict(own.blocks)
    for layer, withheld in inherited:
        below = {key for key in layer.written if key not in written and key not in withheld}
        values |= {key: layer.values[key] for key in below if key in layer.values}
        written |= {key: layer.written[key] for key in below}
        removed |= below & layer.removed
        # A block is taken as a whole: an empty one says that there shall be nothing.
        blocks = {**layer.blocks, **blocks}
    return Fields(
        own.block,
        own.schema,
        values,
        written,
        blocks=blocks,
        named=own.named,
        removed=frozenset(removed),
    )
