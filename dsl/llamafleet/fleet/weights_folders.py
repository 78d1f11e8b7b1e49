"""Folders of downloaded weights below models-dir; two revisions never share a path.

A file is at `<repository>/<file>`, as it always was. Only where another block wants other bytes of
the same name, the second one is at `<repository>@<revision>/<file>`; the block that asks for `main`
keeps the plain path, else the one that is written first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..dataclasses import replace
from .model import Fleet, Gguf

DEFAULT_REVISION = "main"
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def with_folders(fleet: Fleet, written: Mapping[str, Gguf]) -> Fleet:
    """Return the fleet with a folder for weights whose path another block has taken.

    `written` are the blocks as the fleet file has them: a lock turns their revisions into commits.
    """
    taken: dict[tuple[str, str], list[Gguf]] = {}
    for gguf in fleet.ggufs.values():
        if gguf.repo and gguf.file:
            taken.setdefault((gguf.repo, gguf.file), []).append(gguf)
    moved: dict[str, Gguf] = {}
    for (repository, _), ggufs in taken.items():
        ggufs.sort(key=lambda each: written.get(each.name, each).revision != DEFAULT_REVISION)
        for gguf in ggufs[1:]:
            if not _same_bytes(ggufs[0], gguf):
                folder = f"{repository}@{_word(gguf.revision)}"
                moved[gguf.name] = replace(gguf, folder=folder)
    return replace(fleet, ggufs={**fleet.ggufs, **moved}) if moved else fleet


def _same_bytes(one: Gguf, other: Gguf) -> bool:
    """Return True if two blocks with one file name are known to want the same bytes."""
    hashes = _hashes(one), _hashes(other)
    if None not in (*hashes[0], *hashes[1]):
        return hashes[0] == hashes[1]
    return one.revision == other.revision


def _hashes(gguf: Gguf) -> tuple[str | None, ...]:
    return tuple(each.sha256 for each in gguf.files) or (gguf.sha256,)


def _word(revision: str) -> str:
    """Return a folder's name for a revision; the beginning of a commit is enough."""
    if _COMMIT.fullmatch(revision):
        return revision[:12]
    if _WORD.fullmatch(revision):
        return revision
    import hashlib  # rare, and slow to import for a check

    return hashlib.sha256(revision.encode()).hexdigest()[:12]
