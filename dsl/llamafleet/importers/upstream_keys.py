"""Imports the keys with an `upstream` path by the fleet's own table.

A value becomes the first form that the key takes and that is written as the value stands there.
What has no such form stays in llama-swap's own words, with all that its top-level key holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..fleet.schema.pass_through import MIB, UpstreamPath, upstream_value
from ..fleet.schema.table import Form
from ..fleet.schema.value_type import Mismatch, ValueType
from ..fleet.schema.values import ListOf
from ..language.syntax import Attribute, Block, Duration, Size, Text
from ..language.syntax import Value as Node
from ..llama_swap.shapes import DURATION, INT, SWITCH, TEXT, shape_of
from ..llama_swap.typed import nanoseconds, number, switch
from ..llama_swap.values import Table, Value
from . import free_form, nodes
from .free_form import UnrepresentableError
from .model_settings import ReportLoss, free_entries
from .representable import is_representable


def settings(
    table: Table, upstream_paths: Iterable[UpstreamPath], *, block: str = ""
) -> Iterator[Attribute]:
    """Yield the keys that stand in the table; of `block` those in that nested block."""
    upstream_paths = tuple(upstream_paths)
    kept = unrepresentable(table, upstream_paths)
    for upstream in upstream_paths:
        value = at(table, upstream)
        if upstream.block != block or upstream.parts[0] in kept or value is None:
            continue
        node = node_of(upstream.key.type, upstream.key.form, value)
        if node is not None and not _is_default(upstream, node):
            yield nodes.attribute(upstream.key.name, node)


def blocks(table: Table, upstream_paths: Iterable[UpstreamPath]) -> Iterator[Block]:
    """Yield the nested blocks whose keys stand in the table."""
    upstream_paths = tuple(upstream_paths)
    for kind in dict.fromkeys(upstream.block for upstream in upstream_paths if upstream.block):
        entries = list(settings(table, upstream_paths, block=kind))
        if entries:
            yield nodes.block(kind, None, entries, entries[0].span)


def merged(entries: Iterable[nodes.Entry], more: Iterable[Block]) -> list[nodes.Entry]:
    """Return entries with the blocks, each in the one of its kind if there is one."""
    found = list(entries)
    for block in more:
        for at_, each in enumerate(found):
            if isinstance(each, Block) and each.kind.text == block.kind.text:
                found[at_] = replace(each, entries=(*each.entries, *block.entries))
                break
        else:
            found.append(block)
    return found


def unrepresentable(table: Table, upstream_paths: Iterable[UpstreamPath]) -> frozenset[str]:
    """Return the top-level keys with a value that the fleet's own keys cannot hold."""
    return frozenset(
        upstream.parts[0]
        for upstream in upstream_paths
        if (value := at(table, upstream)) is not None
        and node_of(upstream.key.type, upstream.key.form, value) is None
    )


def in_their_words(
    table: Table, upstream_paths: Iterable[UpstreamPath], report_loss: ReportLoss
) -> Iterator[nodes.Entry]:
    """Yield those keys as they stand, for a block `pass-through`."""
    kept = unrepresentable(table, upstream_paths)
    entries = tuple((key, value) for key, value in table if key.text in kept)
    yield from free_entries(Table(entries), report_loss)


def at(table: Table, upstream: UpstreamPath) -> Value | None:
    """Return the value at an upstream path; None where nothing is written."""
    value: Value | None = None
    for part in upstream.parts:
        value = table.get(part)
        table = (value.table if value else None) or Table(())
    return value if value is not None and not (value.scalar and value.data is None) else None


def node_of(kind: ValueType, form: Form | None, value: Value) -> Node | None:
    """Return the value as a key of this type takes it; None where it cannot hold it."""
    if isinstance(kind, ListOf) and form is not Form.JOINED:
        items = [node_of(kind.item, form, each) for each in value.items or ()]
        held = [each for each in items if each is not None]
        whole = nodes.items(held, value.span)
        fits = value.items is not None and len(held) == len(items)
        return whole if fits and not isinstance(kind.read(whole), Mismatch) else None
    for candidate in _candidates(kind, form, value):
        read = kind.read(candidate)
        if not isinstance(read, Mismatch) and _same(
            kind, form, upstream_value(kind, form, read), value
        ):
            return candidate
    return None


def _candidates(kind: ValueType, form: Form | None, value: Value) -> Iterator[Node]:
    shape, span, count = shape_of(kind, form), value.span, number(value)
    if shape is INT and value.known and count is not None:
        yield nodes.integer(count, span)
        if count >= 0:
            unit = "ms" if form is Form.MILLISECONDS else "s"
            yield nodes.duration(count, span)
            yield Duration(f"{count}{unit}", count * (1 if unit == "ms" else 1000), span)
            yield from _sizes(count * (MIB if form is Form.MIB else 1), value)
    elif shape is SWITCH and value.known and value.scalar:
        yield nodes.switch(switch(value), span)
    elif not value.scalar or not is_representable(value.text):
        return
    elif shape is DURATION:
        found = nodes.go_duration(value.text, span)
        yield from (found,) if isinstance(found, Duration) else ()
    elif form is Form.JOINED:
        names = [each.strip() for each in value.text.split(",") if each.strip()]
        yield nodes.items((nodes.bare(each, span) for each in names), span)
        yield nodes.items((Text(each, span) for each in names), span)
    elif shape is TEXT:
        yield nodes.bare(value.text, span)
        yield Text(value.text, span)
    else:
        yield from _free(value)


def _sizes(count: int, value: Value) -> Iterator[Node]:
    for unit, size in (("GiB", 1024**3), ("MiB", MIB), ("KiB", 1024), ("KB", 1000)):
        if count % size == 0:
            yield Size(f"{count // size}{unit}", count, value.span)
            return


def _free(value: Value) -> Iterator[Node]:
    try:
        yield free_form.node(value)
    except UnrepresentableError:
        return


def _same(kind: ValueType, form: Form | None, ours: object, value: Value) -> bool:
    """Return True if llama-swap takes what we write for what stands there."""
    shape = shape_of(kind, form)
    if shape is INT:
        return ours == number(value)
    if shape is SWITCH:
        return ours is switch(value)
    if shape is DURATION:
        return nanoseconds(str(ours)) == nanoseconds(value.text)
    if form is Form.JOINED:
        return ours == ",".join(each.strip() for each in value.text.split(",") if each.strip())
    return ours == (value.text if shape is TEXT else value.plain())


def _is_default(upstream: UpstreamPath, node: Node) -> bool:
    """Return True if nothing is rendered for it: a switch that is off anyway, or an empty list."""
    read = upstream.key.type.read(node)
    return read == () or (read is False and upstream.key.default is False)
