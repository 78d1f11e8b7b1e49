"""YAML for readers that guess types: every text of a user's is quoted, every number is plain.

A tree is made of `dict` (keys are upstream's own words, written plain), `Named` (keys are names of
the user's, always quoted), `Lines` (a block scalar) and tuples, texts, numbers, switches and None.
PyYAML writes it. It is loaded with the first document: checking a fleet needs none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from ...dataclasses import dataclass

if TYPE_CHECKING:
    from yaml.events import Event

WIDEST = 2**31 - 1
"""A text stays on its line: people look for it with grep."""


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping whose keys are names of the user's, in the order written."""

    entries: tuple[tuple[str, Tree], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Text of several lines, each ended by a newline: a block scalar where one can hold it."""

    lines: tuple[str, ...]


Tree: TypeAlias = (
    "Mapping[str, Tree] | Named | Lines | tuple[Tree, ...] | str | bool | int | float | None"
)

_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# Words that some reader takes for a switch or for nothing; no key of upstream's is among them.
_GUESSED = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])


def to_yaml(tree: Tree, *, header: tuple[str, ...] = ()) -> str:
    """Return the document, with `header` as comment lines above it."""
    import yaml

    fixed = _fixed()
    events = [*fixed.before]
    _write(tree, events, fixed)
    events += fixed.after
    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.emit(events, Dumper=dumper, width=WIDEST, allow_unicode=True)
    return "".join(f"# {line}\n" for line in header) + text.removesuffix("...\n")


@dataclass(frozen=True, slots=True)
class _Fixed:
    """Events that are the same wherever they stand."""

    before: tuple[Event, ...]
    after: tuple[Event, ...]
    mapping: Event
    no_mapping: Event
    mapping_ends: Event
    sequence: Event
    no_sequence: Event
    sequence_ends: Event


@cache
def _fixed() -> _Fixed:
    from yaml import events

    return _Fixed(
        (events.StreamStartEvent(), events.DocumentStartEvent(explicit=False)),
        (events.DocumentEndEvent(explicit=False), events.StreamEndEvent()),
        events.MappingStartEvent(None, None, True, flow_style=False),
        events.MappingStartEvent(None, None, True, flow_style=True),
        events.MappingEndEvent(),
        events.SequenceStartEvent(None, None, True, flow_style=False),
        events.SequenceStartEvent(None, None, True, flow_style=True),
        events.SequenceEndEvent(),
    )


def _write(tree: Tree, events: list[Event], fixed: _Fixed) -> None:
    match tree:
        case str():
            events.append(_scalar(tree, '"'))
        case None | bool() | int() | float():
            events.append(_scalar(_plain(tree)))
        case Lines(lines):
            text = "".join(f"{line}\n" for line in lines)
            events.append(_scalar(text, "|" if lines and all(map(_fits_block, lines)) else '"'))
        case tuple():
            events.append(fixed.sequence if tree else fixed.no_sequence)
            for item in tree:
                _write(item, events, fixed)
            events.append(fixed.sequence_ends)
        case Named(entries):
            events.append(fixed.mapping if entries else fixed.no_mapping)
            for name, value in entries:
                events.append(_scalar(name, '"'))
                _write(value, events, fixed)
            events.append(fixed.mapping_ends)
        case _:
            events.append(fixed.mapping if tree else fixed.no_mapping)
            for key, value in tree.items():
                events.append(_word(key))
                _write(value, events, fixed)
            events.append(fixed.mapping_ends)


def _scalar(text: str, style: str | None = None) -> Event:
    from yaml.events import ScalarEvent

    return ScalarEvent(None, None, (True, True), text, style=style)


def is_word(key: str) -> bool:
    """Return True if every YAML reader takes the unquoted key for text."""
    return _PLAIN_KEY.fullmatch(key) is not None and key.lower() not in _GUESSED


@cache
def _word(key: str) -> Event:
    """Return a key that is one of upstream's few words."""
    if not is_word(key):
        raise ValueError(f"{key!r} is no word of upstream's: names of users go into Named")
    return _scalar(key)


def _plain(value: bool | int | float | None) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            from yaml.representer import SafeRepresenter

            return str(SafeRepresenter().represent_float(value).value)
    return str(value)


def _fits_block(line: str) -> bool:
    """Return True if every reader leaves the line alone in a block scalar."""
    return line.isprintable() and line != "" and line == line.strip(" ")
