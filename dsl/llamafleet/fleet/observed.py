"""The files that a host was seen to have in folders that are discovered: an input, never asked for.

A lock holds them, so that one commit has one verdict; without them discovery adds nothing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..dataclasses import dataclass, field

LONGEST_NAME = 80
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_SHARD = re.compile(r"-[0-9]{5}-of-[0-9]{5}$")


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


def is_taken(path: str, folder: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Return True if a file below a folder is one of those that a discover block asks for."""
    inner = posixpath.relpath(path, folder)
    return _matches(inner, include) and not _matches(inner, exclude)


def _matches(inner: str, patterns: Sequence[str]) -> bool:
    from fnmatch import fnmatchcase  # only who discovers anything needs it

    name = posixpath.basename(inner)
    return any(fnmatchcase(inner if "/" in each else name, each) for each in patterns)


def possible_names(path: str, folder: str, title: str = "") -> Iterator[str]:
    """Yield names for the model in a file, the best first, without end.

    The stem comes first, then the stem behind the names of its folders, then numbered ones.
    `title` replaces the stem of a file whose name says nothing.
    """
    *folders, name = posixpath.relpath(path, folder).split("/")
    stem = _SHARD.sub("", name.removesuffix(".gguf"))
    base = as_name(title) or as_name(stem) or "model"
    yield base
    for first in range(len(folders) - 1, -1, -1):
        if longer := as_name("-".join((*folders[first:], base))):
            yield longer
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1


def as_name(text: str) -> str:
    """Return a text as an id that llama-swap and a matrix take without quotes; "" for none."""
    return _NO_NAME.sub("-", text).strip("-._")[:LONGEST_NAME].rstrip("-._")
