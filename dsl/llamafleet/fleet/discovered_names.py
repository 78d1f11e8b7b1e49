"""Which files of a folder are asked for, and what the models in them are called."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

LONGEST_NAME = 80
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_SHARD = re.compile(r"-[0-9]{5}-of-[0-9]{5}$")


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
