"""The fleet that an edited file belongs to, with what is typed and not yet saved."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..compiler import compile_file
from ..diagnostics.model import Diagnostic
from ..language.include import read_all
from ..language.reading import Read, read_bytes
from ..language.syntax import File
from ..source import Source

MOST_FILES = 200
"""Fleet files that are looked through for one that includes another."""

SUFFIX = ".fleet"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of open files by their real path; every other file is read from the disk."""

    open: Mapping[str, str]

    def read(self, path: str) -> bytes:
        """Return the file's bytes as if the editor's text were saved."""
        text = self.open.get(os.path.realpath(path))
        return read_bytes(path) if text is None else text.encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Project:
    """All files of one fleet; `path` is how the edited one is called among them."""

    root: str
    path: str
    files: tuple[File, ...]
    sources: Mapping[str, Source]


def project_of(path: str, folders: Sequence[str], texts: Texts) -> Project:
    """Return the fleet that a file belongs to: one that includes it, or the file alone."""
    return next(_projects(path, folders, texts.read))


def roots_of(path: str, folders: Sequence[str], texts: Texts) -> tuple[str, ...]:
    """Return the root files of the fleets whose diagnostics a change to `path` may change."""
    return tuple(dict.fromkeys(each.root for each in _projects(path, folders, texts.read)))


def diagnose(root: str, texts: Texts) -> tuple[dict[str, list[Diagnostic]], Mapping[str, Source]]:
    """Return the diagnostics of a fleet by file; files without problems have an empty list."""
    compiled = compile_file(root, texts.read)
    found: dict[str, list[Diagnostic]] = {each: [] for each in (root, *compiled.sources)}
    for diagnostic in compiled.diagnostics:
        found.setdefault(diagnostic.primary.span.path, []).append(diagnostic)
    return found, compiled.sources


def _projects(path: str, folders: Sequence[str], read: Read) -> Iterator[Project]:
    """Those fleets that include the file and are included by no other; else the file alone."""
    real = os.path.realpath(path)
    including: list[Project] = []
    for candidate in _neighbours(path, folders):
        if os.path.realpath(candidate) == real or not _includes(candidate, read):
            continue
        files, sources, _ = read_all(candidate, read)
        called = next((each for each in sources if os.path.realpath(each) == real), None)
        if called is not None:
            including.append(Project(candidate, called, files, sources))
    inner = {
        os.path.realpath(each)
        for project in including
        for each in project.sources
        if each != project.root
    }
    tops = [each for each in including if os.path.realpath(each.root) not in inner]
    if tops:
        yield from tops
        return
    files, sources, _ = read_all(path, read)
    yield Project(path, path, files, sources)


def _neighbours(path: str, folders: Sequence[str]) -> list[str]:
    """Fleet files beside the file and above it, up to the folder that is open in the editor."""
    found: list[str] = []
    here = Path(path).parent
    tops = {Path(each) for each in folders}
    for folder in (here, *here.parents):
        if folder != here and not any(top == folder or top in folder.parents for top in tops):
            break
        try:
            found += sorted(str(each) for each in folder.iterdir() if each.suffix == SUFFIX)
        except OSError:
            break
        if folder in tops or len(found) > MOST_FILES:
            break
    return found[:MOST_FILES]


def _includes(path: str, read: Read) -> bool:
    """Return True if a text may include a file; quicker than parsing it."""
    try:
        return b"include" in read(path)
    except OSError:
        return False
