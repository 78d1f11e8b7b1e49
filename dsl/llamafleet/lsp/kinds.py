"""The schema of the block at a place, and what its keys refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..fleet.schema.block import BlockSchema
from ..fleet.schema.core import DECLARATIONS
from ..fleet.schema.json_values import CONSTANTS
from ..fleet.schema.swap_routing import EVICT_COST
from ..fleet.schema.values import (
    Choice,
    JsonValue,
    ListOf,
    OneOf,
    OrNull,
    Reference,
    Switch,
    ValueType,
)
from ..targets import TARGETS

SERVICES = tuple(target.schema for target in TARGETS)

TOP: Mapping[str, BlockSchema] = {schema.kind: schema for schema in (*DECLARATIONS, *SERVICES)}
"""The kinds of blocks that stand at top level."""

KEYED_BY_MODEL = frozenset({EVICT_COST.kind, "priority", "pins"})
"""Blocks whose keys are models of the service around them."""


def schema_of(kinds: Iterable[str]) -> BlockSchema | None:
    """Return the schema of a block by its kind and those around it, outermost first."""
    among, found = TOP, None
    for kind in kinds:
        if found is not None and found.free_blocks:
            continue  # a name of the user's, in which the same may stand
        found = among.get(kind)
        if found is None:
            return None
        among = {inner.kind: inner for inner in found.blocks}
    return found


def type_of(schema: BlockSchema, key: str) -> ValueType | None:
    """Return the type of a key's values, also of a key with a name of the user's own."""
    known = schema.table.get(key)
    return known.type if known else schema.free_keys


def referred(kind: ValueType | None) -> frozenset[str]:
    """Return the kinds of blocks that a value of the type can name."""
    return frozenset(each.kind for each in _parts(kind) if isinstance(each, Reference))


def words_of(kind: ValueType | None) -> tuple[str, ...]:
    """Return the fixed words that a value of the type can be."""
    words: list[str] = []
    for each in _parts(kind):
        if isinstance(each, Choice):
            words += each.words
        elif isinstance(each, Switch):
            words += ("on", "off")
        elif isinstance(each, JsonValue):
            words += CONSTANTS
        elif isinstance(each, OrNull):
            words.append("null")
    return tuple(dict.fromkeys(words))


def _parts(kind: ValueType | None) -> Iterator[ValueType]:
    match kind:
        case ListOf():
            yield from _parts(kind.item)
        case OneOf():
            for each in kind.types:
                yield from _parts(each)
        case OrNull():
            yield kind
            yield from _parts(kind.other)
        case None:
            return
        case _:
            yield kind
