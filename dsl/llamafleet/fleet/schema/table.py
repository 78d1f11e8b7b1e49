"""The table of a block kind: its keys with their types, and what else may stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cached_property

from ...dataclasses import dataclass, field
from .value_type import ValueType


class Form(Enum):
    """A form in which upstream writes a value, other than the usual form of its type."""

    GO_DURATION = "a duration such as 5s"
    MILLISECONDS = "a number of milliseconds"
    MIB = "a number of MiB"
    JOINED = "one text with commas"
    COMMAND_LINE = "one text that is split like a shell command"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a block kind.

    `upstream` is what the key is called where it ends up (`proxy_buffering`), or the path that
    leads to it there (`store.path`). `same_as` names the key that this one is another spelling of.
    `since` is the number of the first release that knows it, 0 for all of them. `form` is how its
    value is written there; by default durations are whole seconds, and sizes bytes.
    """

    name: str
    type: ValueType
    help: str
    required: bool = False
    default: object = None
    upstream: str = ""
    same_as: str = ""
    since: int = 0
    form: Form | None = None


@dataclass(frozen=True)
class BlockSchema:
    """One block kind.

    `free_keys` is the type of keys that are names of the user's (handles of `matrix`),
    `free_blocks` lets blocks of such names nest, and `sets` allows `set name = ...`. `refused` maps
    keys that somebody could expect here to why they are not: such a message beats "unknown key".
    `removable` lets `key = none` take an inherited key away, and `free_label` lets the label be any
    text, for names that live in APIs and never in a path. `not_even` says where else an unknown key
    was looked for. `upstream` is its path upstream, below the block that holds it, with `*` for a
    label; `since` is the first release that knows it and so any key in it. A block with a label may
    stand several times in another one.
    """

    kind: str
    help: str
    keys: tuple[Key, ...]
    blocks: tuple[BlockSchema, ...] = ()
    free_keys: ValueType | None = None
    free_blocks: bool = False
    labelled: bool = True
    sets: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)
    removable: bool = False
    free_label: bool = False
    not_even: str = ""
    upstream: str = ""
    since: int = 0

    @cached_property
    def table(self) -> Mapping[str, Key]:
        """Return the keys by name."""
        return {key.name: key for key in self.keys}

    @cached_property
    def required(self) -> tuple[Key, ...]:
        """Return the keys that must be given; cached, as a model has hundreds of keys."""
        return tuple(key for key in self.keys if key.required)
