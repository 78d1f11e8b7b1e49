"""The files that a host was seen to have in folders that are discovered: an input, never asked for.

A lock holds them, so that one commit has one verdict; without them discovery adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ObservedFile:
    """A file of a host; `size` is in bytes, `mtime` in seconds since 1970."""

    file: str
    size: int
    mtime: int


@dataclass(frozen=True, slots=True)
class ObservedWeights:
    """A set of files that are one model, or one projector.

    `name` is the model's, "" for a projector; `mmproj` is the first file of the projector that
    belongs to it. `facts` are what its header says, as a lock keeps them.
    """

    name: str
    files: tuple[ObservedFile, ...]
    mmproj: str | None = None
    facts: Mapping[str, Any] | None = None

    @property
    def path(self) -> str:
        """Return the path of its only or first file."""
        return self.files[0].file


@dataclass(frozen=True, slots=True)
class ObservedFolder:
    """A folder as it was seen. `include` and `exclude` are the patterns that held then.

    `others` are files that fit the patterns and are no model that llama-server can load.
    """

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    models: tuple[ObservedWeights, ...] = ()
    projectors: tuple[ObservedWeights, ...] = ()
    others: tuple[ObservedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Observations:
    """All that is known of folders, by service and folder.

    `files` are the files of repositories that weights with `hf` stand for, by the weights' names.
    `missed`: folders that are not here are reported.
    """

    folders: Mapping[str, Mapping[str, ObservedFolder]] = field(default_factory=dict)
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missed: bool = False


NOTHING_OBSERVED = Observations()
