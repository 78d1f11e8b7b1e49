"""Folders of hosts as a lock keeps them: JSON and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..fleet.model import GgufFile
from ..fleet.observed import (
    Observations,
    ObservedFile,
    ObservedFolder,
    ObservedWeights,
)
from ..fleet.schema.patterns import PATH
from ..gguf.header import MAX_SIZE
from .json_text import OneLine
from .model import JsonTree, Lock, LockedGguf

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

MAX_TIME = 1 << 40
"""Seconds since 1970 of the latest change of a file that is believed."""


def folder_tree(folder: ObservedFolder) -> dict[str, Any]:
    """Return a folder as JSON; models are in the order in which they were first seen."""
    return {
        "include": list(folder.include),
        "exclude": list(folder.exclude),
        "models": [
            {"name": each.name, "mmproj": each.mmproj, **_weights_tree(each)}
            for each in folder.models
        ],
        "projectors": [_weights_tree(each) for each in folder.projectors],
        "others": [_file_tree(each) for each in folder.others],
    }


def _weights_tree(weights: ObservedWeights) -> dict[str, Any]:
    return {
        "files": [_file_tree(each) for each in weights.files],
        "facts": weights.facts,
    }


def _file_tree(file: ObservedFile) -> OneLine:
    return OneLine(file=file.file, size=file.size, mtime=file.mtime)


def read_folders(tree: JsonTree) -> dict[str, dict[str, ObservedFolder]]:
    """Read all folders, by service and path. Raises ValueError, TypeError or KeyError."""
    return {
        str(service): {_path(path): _folder(each) for path, each in folders.items()}
        for service, folders in tree.items()
    }


def _folder(tree: JsonTree) -> ObservedFolder:
    return ObservedFolder(
        _texts(tree["include"]),
        _texts(tree["exclude"]),
        tuple(_weights(each, _name(each["name"])) for each in tree["models"]),
        tuple(_weights(each, "") for each in tree["projectors"]),
        tuple(_file(each) for each in tree["others"]),
    )


def _weights(tree: JsonTree, name: str) -> ObservedWeights:
    files = tuple(_file(each) for each in tree["files"])
    facts, mmproj = tree["facts"], tree.get("mmproj")
    if not files or not isinstance(facts, Mapping | None):
        raise ValueError("files or facts")
    return ObservedWeights(name, files, None if mmproj is None else _path(mmproj), facts)


def _file(tree: JsonTree) -> ObservedFile:
    size, mtime = _within(tree["size"], MAX_SIZE), _within(tree["mtime"], MAX_TIME)
    return ObservedFile(_path(tree["file"]), size, mtime)


def _texts(tree: object) -> tuple[str, ...]:
    if isinstance(tree, list) and all(isinstance(each, str) for each in tree):
        return tuple(tree)
    raise TypeError("a list of texts was expected")


def _path(text: object) -> str:
    if isinstance(text, str) and text.isprintable() and re.fullmatch(PATH.regex, text):
        return text
    raise ValueError(f"path {text!r:.80}")


def _name(text: object) -> str:
    if isinstance(text, str) and _NAME.fullmatch(text):
        return text
    raise ValueError(f"name {text!r:.80}")


def _within(number: object, limit: int) -> int:
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= limit:
        return number
    raise ValueError(f"number {number!r:.40}")


def observations_of(lock: Lock, missed: bool) -> Observations:
    """Return all that a lock knows of folders, and of the files of repositories.

    `missed`: folders that it does not have are reported.
    """
    files = {
        name: tuple(each.file for each in locked.files)
        for name, locked in lock.ggufs.items()
        if "repo" in locked.asked
    }
    return Observations(lock.discovered, files, missed)


def discovered_ggufs(lock: Lock) -> Iterator[tuple[str, LockedGguf]]:
    """Yield the weights of all folders as if the fleet file had them, by their paths."""
    for service, folders in lock.discovered.items():
        for folder in folders.values():
            for each in (*folder.models, *folder.projectors):
                files = tuple(GgufFile(file.file, file.size, None) for file in each.files)
                locked = LockedGguf({"path": each.path}, "", files, each.facts)
                yield each.path, locked
                # The name that the file of another host has, if it is not the same there.
                yield f"{each.path} of {service}", locked
