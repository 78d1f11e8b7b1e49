"""Makes the lock of a fleet: what is locked already stays, the rest is looked up."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from ..fleet.discover_block import Discover
from ..fleet.model import Build, Fleet, Gguf, GgufFile
from ..fleet.observed import ObservedFolder
from ..gguf.compact import to_json
from ..gguf.facts import GgufFacts
from ..gguf.local import read_facts
from ..gguf.shards import shards
from . import sources
from .hub import HubError, Repository, remote_facts, repository
from .model import Lock, LockedBuild, LockedGguf, asked_of, asked_of_build
from .quants import find

AT_ONCE = 4
"""Models that are looked up at the same time; each takes some requests, one after another."""


class Swap(Protocol):
    """A service that runs a release of llama-swap."""

    @property
    def version(self) -> int:
        """Return the number of the release."""

    @property
    def sha256(self) -> str | None:
        """Return the archive's checksum from the fleet file, if it has one."""

    @property
    def discover(self) -> tuple[Discover, ...]:
        """Return the folders whose files it serves."""


@dataclass(slots=True)
class Making:
    """A lock that is being made. `problems` keep something out of it; `notes` do not matter so."""

    fleet: Fleet
    old: Lock
    fresh: frozenset[str] | None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    repositories: dict[tuple[str, str], Repository | HubError] = field(default_factory=dict)

    def looks_up(self, name: str) -> bool:
        """Return True if a locked entry is to be looked up again."""
        return self.fresh is None or name in self.fresh

    def repository(self, name: str, revision: str) -> Repository | HubError:
        """Return the files of a repository; each is asked for once."""
        key = (name, revision)
        if key not in self.repositories:
            self.repositories[key] = repository(name, revision)
        return self.repositories[key]


def make_lock(
    fleet: Fleet, old: Lock, fresh: frozenset[str] | None = frozenset()
) -> tuple[Lock, tuple[str, ...], tuple[str, ...]]:
    """Return the lock of a fleet, problems, and notes.

    Names in `fresh` are looked up again, None means all. What cannot be looked up keeps its entry.
    """
    making = Making(fleet, old, fresh)
    written = {name: each for name, each in fleet.ggufs.items() if each.found_in is None}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        _ask_for_repositories(making, pool)
        found = pool.map(partial(_gguf, making), written, written.values())
        ggufs = dict(zip(written, found, strict=True))
    builds = {name: _build(making, name, build) for name, build in fleet.builds.items()}
    lock = Lock(
        fleet=posixpath.basename(fleet.path),
        ggufs={name: each for name, each in ggufs.items() if each},
        builds={name: each for name, each in builds.items() if each},
        releases=dict(_releases(making)),
        flags=old.flags,
        discovered=dict(_discovered(making)),
        measured=old.measured,
        built=old.built,
    )
    # In an order of their own: who is answered first differs.
    return lock, tuple(sorted(making.problems)), tuple(sorted(making.notes))


def _ask_for_repositories(making: Making, pool: Executor) -> None:
    """Each repository once, before its files: several blocks may name the same one."""
    wanted = {
        (gguf.repo, gguf.revision): None
        for name, gguf in making.fleet.ggufs.items()
        if gguf.repo and (_current(making, name, gguf) is None or making.looks_up(name))
    }
    for _ in pool.map(lambda key: making.repository(*key), wanted):
        pass


def _current(making: Making, name: str, gguf: Gguf) -> LockedGguf | None:
    """Return the locked entry of a block if it is for what the block asks now."""
    before = making.old.ggufs.get(name)
    return before if before and before.asked == asked_of(gguf) else None


def _gguf(making: Making, name: str, gguf: Gguf) -> LockedGguf | None:
    before, current = making.old.ggufs.get(name), _current(making, name, gguf)
    if current and not making.looks_up(name) and gguf.sha256 in (None, current.files[0].sha256):
        return current
    if gguf.path is not None:
        return _of_path(making, gguf, gguf.path, current) or current
    found = _of_hub(making, gguf)
    if isinstance(found, str):
        making.problems.append(f"gguf {name}: {found}")
        return before
    # A new commit that left these files alone is nothing to tell anybody.
    return current if current and current.files == found.files and current.facts else found


def _of_path(making: Making, gguf: Gguf, path: str, before: LockedGguf | None) -> LockedGguf | None:
    """Weights that must be on a host; their facts, if this machine has them, too."""
    names = shards(path)
    if not all(Path(each).is_file() for each in names):
        making.notes.append(
            f"gguf {gguf.name}: {path} is not on this machine, so its header cannot be read"
        )
        return None
    facts = read_facts(path)
    if not isinstance(facts, GgufFacts):
        making.problems.append(f"gguf {gguf.name}: {facts}")
        return None
    sizes = tuple(Path(each).stat().st_size for each in names)
    tree = to_json(facts)
    # Hashing takes minutes for large files: not as long as size and header are what they were.
    if before and before.facts == tree and tuple(each.size for each in before.files) == sizes:
        return before
    files = tuple(
        GgufFile(each, size, _sha256(each)) for each, size in zip(names, sizes, strict=True)
    )
    if gguf.sha256 not in (None, files[0].sha256):
        making.problems.append(
            f"gguf {gguf.name}: {path} has SHA-256 {files[0].sha256}, "
            f"but the fleet file says {gguf.sha256}"
        )
        return None
    return LockedGguf(asked_of(gguf), "", files, tree)


def _sha256(path: str) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _of_hub(making: Making, gguf: Gguf) -> LockedGguf | str:
    """Return the present weights of a repository, or a problem."""
    repo = gguf.repo or ""
    there = making.repository(repo, gguf.revision)
    if isinstance(there, HubError):
        return there.message
    files = _files(gguf, there)
    if isinstance(files, str):
        return files
    if gguf.sha256 not in (None, files[0].sha256):
        return (
            f"{files[0].file} of {repo} has SHA-256 {files[0].sha256}, "
            f"but the fleet file says {gguf.sha256}"
        )
    if gguf.size not in (None, files[0].size):
        return f"{files[0].file} of {repo} has {files[0].size} bytes, not {gguf.size}"
    before = making.old.ggufs.get(gguf.name)
    if before and before.facts and before.files == files:
        return LockedGguf(asked_of(gguf), there.commit, files, before.facts)
    facts = remote_facts(repo, there.commit, tuple(each.file for each in files))
    if isinstance(facts, HubError):
        return facts.message
    return LockedGguf(asked_of(gguf), there.commit, files, to_json(facts))


def _files(gguf: Gguf, there: Repository) -> tuple[GgufFile, ...] | str:
    if gguf.quant is not None:
        found = find(there.name, there.files, gguf.quant)
        return found if isinstance(found, str) else found.files
    known = {each.file: each for each in there.files}
    names = shards(gguf.file or "")
    missing = [each for each in names if each not in known]
    if not missing:
        return tuple(known[each] for each in names)
    if len(missing) < len(names):
        return f"{there.name} is missing {', '.join(missing)}"
    weights = ", ".join(sorted(each for each in known if each.endswith(".gguf")))
    return (
        f"{there.name} has no {gguf.file}; its files are {weights}"
        if weights
        else f"{there.name} has no GGUF files"
    )


def _build(making: Making, name: str, build: Build) -> LockedBuild | None:
    before = making.old.builds.get(name)
    current = before if before and before.asked == asked_of_build(build) else None
    same = current is not None and build.sha256 in (None, current.sha256)
    if same and not making.looks_up(name):
        return current
    found = sources.locked_build(build)
    if isinstance(found, str) and build.kind == "release":
        making.problems.append(f"build {name}: {found}")
        return current
    if isinstance(found, str):
        # Only the record is lacking: the ref names what is built.
        making.notes.append(f"build {name}: commit unknown: {found}")
        return current
    return found


def _discovered(making: Making) -> Iterator[tuple[str, Mapping[str, ObservedFolder]]]:
    """Yield what hosts were seen to have in the folders that are still asked for."""
    for name, service in making.fleet.services.items():
        if service.kind == "llama-swap":
            swap: Swap = service  # type: ignore[assignment]
            known = making.old.discovered.get(name, {})
            folders = [each.folder for each in swap.discover]
            kept = {folder: known[folder] for folder in folders if folder in known}
            if kept:
                yield name, kept


def _releases(making: Making) -> Iterator[tuple[str, Mapping[str, str]]]:
    for service in making.fleet.services.values():
        if service.kind == "llama-swap":
            swap: Swap = service  # type: ignore[assignment]
            version = f"v{swap.version}"
            yield version, sources.release(version, swap.sha256)
