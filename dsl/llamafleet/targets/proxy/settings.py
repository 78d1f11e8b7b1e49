"""Keys of `nginx` that pass through: each is one directive of the server, in nginx's own form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ...fleet.schema.block import Fields, Form
from ...fleet.schema.pass_through import MIB, UpstreamPath
from ...fleet.schema.value_type import Named, ValueType
from ...fleet.schema.values import Duration, ListOf, Size, Switch

if TYPE_CHECKING:
    from ..writers.nginx_conf import Argument

DirectiveLine = tuple[str, "tuple[Argument, ...]"]
"""A directive's name, and its arguments."""


def settings_of(fields: Fields, table: Iterable[UpstreamPath]) -> Iterator[DirectiveLine]:
    """Yield the directives of the keys that are written or have a default of llamafleet's."""
    for upstream in table:
        value = fields.value(upstream.key.name)
        if value is not None:
            yield upstream.key.upstream, arguments(upstream.key.type, upstream.key.form, value)


def arguments(kind: ValueType, form: Form | None, value: Any) -> tuple[Argument, ...]:
    """Return a checked value as nginx reads it: durations in seconds, sizes in its own units."""
    match kind:
        case ListOf():
            return tuple(each for item in value for each in arguments(kind.item, form, item))
        case Duration() if form is Form.MILLISECONDS:
            return (f"{value}ms",)
        case Duration():
            # Rounded up: nothing may end earlier than it says.
            return (f"{-(-value // 1000)}s",)
        case Size():
            return (f"{value // MIB}m" if value and value % MIB == 0 else str(value),)
        case Switch():
            return ("on" if value else "off",)
    if isinstance(value, Named):
        return (value.text,)
    return (value if isinstance(value, int) else str(value),)


def unwritable(settings: Iterable[DirectiveLine]) -> Iterator[tuple[str, str]]:
    """Yield directives with a text that nginx would take for a variable, and that text."""
    for name, values in settings:
        yield from ((name, each) for each in values if isinstance(each, str) and "$" in each)
