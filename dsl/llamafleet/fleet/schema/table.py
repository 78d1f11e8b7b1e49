"""The table of a block kind: its keys with their types, and what else may stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .value_type import ValueType


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a block kind.

    `upstream` is what the key is called where it ends up (`proxy_buffering`). `same_as` names the
    key that this one is another spelling of.
    """

    name: str
    type: ValueType
    help: str
    required: bool = False
    default: object = None
    upstream: str = ""
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class BlockSchema:
    """One block kind.

    `free_keys` is the type of keys that are names of the user's (handles of `matrix`),
    `free_blocks` lets blocks of such names nest, and `sets` allows `set name = ...`. `refused` maps
    keys that somebody could expect here to why they are not: such a message beats "unknown key".
    `removable` lets `key = none` take an inherited key away, and `free_label` lets the label be any
    text, for names that live in APIs and never in a path. `not_even` says where else an unknown key
    was looked for. `upstream` is where the block ends up. A block with a label may stand several
    times in another one.
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
    table: Mapping[str, Key] = field(init=False, repr=False, compare=False)
    required: tuple[Key, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", {key.name: key for key in self.keys})
        # A model has hundreds of keys, and every block is asked for those that it must have.
        object.__setattr__(self, "required", tuple(key for key in self.keys if key.required))
