"""Keys that pass through: one loop over the table writes each at its own upstream path.

What a key needs beyond that is a function in a table beside the keys of its block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ...source import Span
from ..endpoint import ListenAddress
from ..json_types import Json
from .compound import ListOf
from .fields import Fields
from .scalars import Duration, Size
from .table import BlockSchema, Form, Key
from .value_type import Named, ValueType

MIB = 1024 * 1024


class Way(NamedTuple):
    """A key on its way: `word` is its name in the fleet, `path` leads to it upstream.

    `block` is the kind of the nested block it stands in, empty for none.
    """

    word: str
    path: tuple[str, ...]
    key: Key
    block: str = ""


class Passed(NamedTuple):
    """A key that is written in the fleet, with its value in upstream's form."""

    way: Way
    value: Json
    span: Span


def ways(
    keys: Iterable[Key],
    blocks: Iterable[BlockSchema] = (),
    *,
    below: str = "",
    besides: Iterable[str] = (),
) -> tuple[Way, ...]:
    """Return the ways of keys and of the keys in nested blocks, in the order of the schema.

    `below` is the upstream path that all of them begin with, such as `models.*.`; keys that go
    elsewhere, and those named in `besides`, are left out.
    """
    found = []
    for key in keys:
        if key.upstream.startswith(below) and key.upstream and key.name not in besides:
            found.append(Way(key.name, _path(key.upstream, below), key))
    for block in blocks:
        for key in block.keys:
            path = _path(f"{block.upstream}.{key.upstream}", below)
            found.append(Way(f"{block.kind} {key.name}", path, key, block.kind))
    return tuple(found)


def _path(upstream: str, below: str) -> tuple[str, ...]:
    return tuple(upstream.removeprefix(below).split("."))


def read_passed(
    fields: Fields, table: Iterable[Way], nested: Callable[[str], Fields | None]
) -> Iterator[Passed]:
    """Yield the keys of the table that are written; `nested` reads a block by its kind."""
    blocks: dict[str, Fields | None] = {"": fields}
    for way in table:
        if way.block not in blocks:
            blocks[way.block] = nested(way.block)
        holder = blocks[way.block]
        if holder is not None and holder.has(way.key.name):
            value = written(way.key.type, way.key.form, holder.value(way.key.name))
            yield Passed(way, value, holder.span(way.key.name))


def written(kind: ValueType, form: Form | None, value: Any) -> Json:
    """Return a checked value as upstream writes it: durations in seconds, sizes in bytes."""
    match kind:
        case ListOf():
            items = tuple(written(kind.item, form, each) for each in value)
            return ",".join(map(str, items)) if form is Form.JOINED else items
        case Duration() if form is Form.MILLISECONDS:
            return int(value)
        case Duration():
            # Rounded up: nothing may end earlier than it says.
            seconds = -(-int(value) // 1000)
            return f"{seconds}s" if form is Form.GO_DURATION else seconds
        case Size() if form is Form.MIB:
            return -(-int(value) // MIB)
    if isinstance(value, Named):
        return value.text
    return str(value) if isinstance(value, ListenAddress) else value


def to_tree(
    passed: Iterable[Passed],
    table: Iterable[Way],
    order: Iterable[str] = (),
    knows: Callable[[Way], bool] = lambda _: True,
) -> dict[str, Json]:
    """Return the values at their paths, with the defaults that llamafleet has of its own.

    A default is written where the release `knows` its key, since there it may differ from
    upstream's; switches that are off, and lists of nothing, are left to upstream. `order` are the
    first parts of paths that come first.
    """
    said = {each.way.path: each.value for each in passed}
    flat: dict[tuple[str, ...], Json] = {}
    for way in table:
        key = way.key
        value = said.get(way.path)
        if way.path not in said and key.default is not None and knows(way):
            value = written(key.type, key.form, key.default)
        if value is None or value == () or (value is False and key.default is False):
            continue
        flat[way.path] = value
    first = list(order)
    rank = {word: at for at, word in enumerate(first)}
    tree: dict[str, Any] = {}
    for path in sorted(flat, key=lambda path: rank.get(path[0], len(first))):
        holder = tree
        for part in path[:-1]:
            holder = holder.setdefault(part, {})
        holder[path[-1]] = flat[path]
    return tree
