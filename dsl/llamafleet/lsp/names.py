"""The names that a fleet's files declare, by kind, as far as they can be parsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..fleet.schema.core import DECLARATIONS
from ..fleet.schema.model_keys import DEFAULTS
from ..fleet.schema.swap_routing import MATRIX
from ..language.syntax import (
    Attribute,
    Block,
    File,
    Items,
    MatrixSet,
    Name,
    Text,
    Value,
)
from ..source import Span
from .kinds import TOP

SERVICE = "service"
"""What the kinds of blocks that run something are called together."""

Names = Mapping[str, Mapping[str, Block]]


def declared(files: Sequence[File]) -> Names:
    """Return the top-level blocks by kind and name; services under SERVICE as well."""
    found: dict[str, dict[str, Block]] = {SERVICE: {}}
    plain = {schema.kind for schema in DECLARATIONS}
    for file in files:
        for entry in file.entries:
            if not isinstance(entry, Block) or entry.label is None:
                continue
            kind = entry.kind.text
            if kind == DEFAULTS.kind or kind not in TOP:
                continue
            found.setdefault(kind, {}).setdefault(entry.label.text, entry)
            if kind not in plain:
                found[SERVICE].setdefault(entry.label.text, entry)
    return found


@dataclass(frozen=True, slots=True)
class Members:
    """The names that the sets of one service's matrix can use, with their declarations."""

    handles: Mapping[str, Span]
    models: tuple[str, ...]
    sets: Mapping[str, Span]
    meant: Mapping[str, str]
    """The model of each handle."""


NOBODY = Members({}, (), {}, {})


def members(service: Block | None) -> Members:
    """Return the handles, models and sets of a service."""
    if service is None:
        return NOBODY
    models: tuple[str, ...] = ()
    handles: dict[str, Span] = {}
    sets: dict[str, Span] = {}
    meant: dict[str, str] = {}
    for entry in service.entries:
        match entry:
            case Attribute(key=key, value=value) if key.text == "models":
                models = tuple(each.text for each in names_in(value))
            case Block(kind=kind) if kind.text == MATRIX.kind:
                for inner in entry.entries:
                    match inner:
                        case Attribute(key=key, value=Name(text) | Text(text)):
                            handles.setdefault(key.text, key.span)
                            meant.setdefault(key.text, text)
                        case MatrixSet(name=name):
                            sets.setdefault(name.text, name.span)
    return Members(handles, models, sets, meant)


def names_in(value: Value) -> Iterator[Name | Text]:
    """Return the words and texts of a value; those of a list one by one."""
    match value:
        case Name() | Text():
            yield value
        case Items(values):
            for each in values:
                yield from names_in(each)
