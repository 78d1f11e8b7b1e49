"""The files that were seen below a folder, in sets: a model alone, or all of its shards."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence

from ..dataclasses import dataclass
from ..fleet.discovered_names import is_taken
from ..fleet.observed import ObservedFile
from ..fleet.schema.patterns import PATH
from ..gguf.shards import shards

REPLACEMENT = "\ufffd"
"""What stands for bytes of a path that are no text."""


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file of a host; `inode` names what it links to, so that two names of one file are seen."""

    file: ObservedFile
    inode: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that becomes no model, and why; `of_note` if its owner may have expected one."""

    path: str
    reason: str
    of_note: bool = True


@dataclass(frozen=True, slots=True)
class FileSet:
    """The files of one model, the first shard in front."""

    files: tuple[ObservedFile, ...]

    @property
    def path(self) -> str:
        """Return the path of its only or first file."""
        return self.files[0].file


@dataclass(frozen=True, slots=True)
class Asked:
    """A folder with its patterns, and what the fleet file names itself: paths, and their inodes."""

    folder: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    declared: frozenset[str] = frozenset()
    inodes: frozenset[str] = frozenset()


def file_sets(
    seen: Iterable[SeenFile], asked: Asked
) -> tuple[tuple[FileSet, ...], tuple[LeftOut, ...]]:
    """Return complete sets in the order of their paths, and what was left out.

    Files of the fleet file are passed over, under whatever name they are seen.
    """
    here: dict[str, ObservedFile] = {}
    names: dict[str, str] = {}
    left_out: list[LeftOut] = []
    for each in wanted(seen, asked):
        path = each.file.file
        if each.inode in names:
            same = f"it is another name of {names[each.inode]}"
            left_out.append(LeftOut(path, same, of_note=False))
        else:
            names[each.inode] = path
            here[path] = each.file
    left_out += (
        LeftOut(each.file.file, reason)
        for each in seen
        if (reason := bad_path(each.file.file)) and _is_asked(each, asked)
    )
    return _complete(here, asked.declared, left_out), tuple(left_out)


def wanted(seen: Iterable[SeenFile], asked: Asked) -> tuple[SeenFile, ...]:
    """Return the files that are asked for and that the fleet file does not name.

    Those in the folder itself come first, then by their paths: the plain name is theirs.
    """
    files = sorted(seen, key=lambda each: (each.file.file.count("/"), each.file.file))
    linked = {each.inode for each in files if each.file.file in asked.declared} | asked.inodes
    return tuple(
        each
        for each in files
        if each.file.file not in asked.declared
        and each.inode not in linked
        and _is_asked(each, asked)
        and not bad_path(each.file.file)
    )


def _is_asked(seen: SeenFile, asked: Asked) -> bool:
    return is_taken(seen.file.file, asked.folder, asked.include, asked.exclude)


def bad_path(path: str) -> str | None:
    """Return why a path cannot be written in a lock or a command; None if it can."""

    if (
        REPLACEMENT in path
        or not path.isprintable()
        or any(0xD800 <= ord(c) < 0xE000 for c in path)
    ):
        return "its path has characters that cannot be written in a file: rename it"
    if not re.fullmatch(PATH.regex, path):
        return "its path has a blank in it: rename it"
    return None


def _complete(
    here: Mapping[str, ObservedFile], declared: frozenset[str], left_out: list[LeftOut]
) -> tuple[FileSet, ...]:
    found: list[FileSet] = []
    done: set[str] = set()
    for path in here:
        names = shards(path)
        if names[0] in done:
            continue
        done.add(names[0])
        missing = [each for each in names if each not in here and each not in declared]
        if missing:
            left_out.append(LeftOut(path, _missing(missing, names)))
        elif declared.isdisjoint(names):
            found.append(FileSet(tuple(here[each] for each in names)))
    return tuple(found)


def _missing(missing: Sequence[str], names: Sequence[str]) -> str:
    first = posixpath.basename(missing[0])
    if len(missing) == 1:
        return f"one of its {len(names)} shards is missing: {first}"
    return f"{len(missing)} of its {len(names)} shards are missing, the first is {first}"
