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


class UpstreamPath(NamedTuple):
    """A key that passes through: `name` is the fleet's, `parts` are its path upstream.

    `block` is the kind of the nested block it stands in, empty for none.
    """

    name: str
    parts: tuple[str, ...]
    key: Key
    block: str = ""


class PassedValue(NamedTuple):
    """A key that is written in the fleet, with its value in upstream's form."""

    upstream: UpstreamPath
    value: Json
    span: Span


def upstream_paths(
    keys: Iterable[Key],
    blocks: Iterable[BlockSchema] = (),
    *,
    below: str = "",
    besides: Iterable[str] = (),
) -> tuple[UpstreamPath, ...]:
    """Return the paths of keys and of the keys in nested blocks, in the order of the schema.

    `below` is a prefix of the keys' `upstream`, such as `models.*.`, which is taken off. Keys that
    go elsewhere, and those named in `besides`, are left out.
    """
    found = []
    for key in keys:
        if key.upstream.startswith(below) and key.upstream and key.name not in besides:
            found.append(UpstreamPath(key.name, _path(key.upstream, below), key))
    for block in blocks:
        for key in block.keys:
            path = _path(f"{block.upstream}.{key.upstream}")
            found.append(UpstreamPath(f"{block.kind} {key.name}", path, key, block.kind))
    return tuple(found)


def _path(upstream: str, below: str = "") -> tuple[str, ...]:
    return tuple(upstream.removeprefix(below).split("."))


def read_values(
    fields: Fields,
    table: Iterable[UpstreamPath],
    nested: Callable[[str], Fields | None] = lambda _: None,
) -> Iterator[PassedValue]:
    """Yield the keys of the table that are written; `nested` reads a block by its kind."""
    blocks: dict[str, Fields | None] = {"": fields}
    for upstream in table:
        if upstream.block not in blocks:
            blocks[upstream.block] = nested(upstream.block)
        holder = blocks[upstream.block]
        if holder is not None and holder.has(upstream.key.name):
            value = upstream_value(
                upstream.key.type, upstream.key.form, holder.value(upstream.key.name)
            )
            yield PassedValue(upstream, value, holder.span(upstream.key.name))


def upstream_value(kind: ValueType, form: Form | None, value: Any) -> Json:
    """Return a checked value as upstream writes it: durations in seconds, sizes in bytes."""
    match kind:
        case ListOf():
            items = tuple(upstream_value(kind.item, form, each) for each in value)
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


def upstream_default(key: Key) -> Json:
    """Return llamafleet's own default as upstream writes it; None if the key has none."""
    return None if key.default is None else upstream_value(key.type, key.form, key.default)


def to_tree(
    passed: Iterable[PassedValue],
    table: Iterable[UpstreamPath],
    order: Iterable[str] = (),
    knows: Callable[[UpstreamPath], bool] = lambda _: True,
    *,
    explicit: bool = False,
) -> dict[str, Json]:
    """Return the values at their paths, with the defaults that llamafleet has of its own.

    A default is written where the release `knows` its key, since there it may differ from
    upstream's; switches that are off, and lists of nothing, are left to upstream unless everything
    is to be `explicit`. `order` are the first parts of paths that come first.
    """
    said = {each.upstream.parts: each.value for each in passed}
    flat: dict[tuple[str, ...], Json] = {}
    for upstream in table:
        key = upstream.key
        value = said.get(upstream.parts)
        if upstream.parts not in said and key.default is not None and knows(upstream):
            value = upstream_default(key)
        off = value == () or (value is False and key.default is False)
        if value is not None and (explicit or not off):
            flat[upstream.parts] = value
    first = in_order(dict.fromkeys(path[0] for path in flat), order)
    tree: dict[str, Any] = {}
    for path in sorted(flat, key=lambda path: first.index(path[0])):
        holder = tree
        for part in path[:-1]:
            holder = holder.setdefault(part, {})
        holder[path[-1]] = flat[path]
    return tree


def in_order(keys: Iterable[str], order: Iterable[str]) -> list[str]:
    """Return the keys, those that `order` names first and in that order."""
    first = list(order)
    rank = {key: at for at, key in enumerate(first)}
    return sorted(keys, key=lambda key: rank.get(key, len(first)))
