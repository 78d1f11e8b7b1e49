"""The contents of a lock, by the names of the fleet file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from ..dataclasses import dataclass, field
from ..fleet.model import Asset, Build, Gguf, GgufFile
from ..fleet.observed import ObservedFolder
from ..secrets.url import without_secrets

Asked: TypeAlias = Mapping[str, str]
"""What a block said when it was locked, by its keys; a lock of other words is out of date."""

JsonTree: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LockedGguf:
    """The files that weights stand for; `revision` is the commit. `facts` are read when asked."""

    asked: Asked
    revision: str
    files: tuple[GgufFile, ...]
    facts: JsonTree | None = None


@dataclass(frozen=True, slots=True)
class LockedBuild:
    """The source that a build compiles: a commit, or the SHA-256 of an archive.

    Of a release, `assets` are its archives, and `tag` is the release that has them.
    """

    asked: Asked
    commit: str | None = None
    sha256: str | None = None
    tag: str | None = None
    assets: tuple[Asset, ...] = ()


@dataclass(frozen=True, slots=True)
class Lock:
    """All of it. `measured` is what hosts were seen to do, kept as it is.

    `flags` are the rows of the tables of flags that rollouts have fetched, by the builds' refs.
    `discovered` are the folders of hosts, by the services that serve what is in them.
    `built` are the builds that rollouts have compiled, by fingerprint: the SHA-256 of the list of
    their files, and by whom, where and when they were made.
    """

    fleet: str = ""
    ggufs: Mapping[str, LockedGguf] = field(default_factory=dict)
    builds: Mapping[str, LockedBuild] = field(default_factory=dict)
    releases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    measured: JsonTree = field(default_factory=dict)
    flags: Mapping[str, tuple[JsonTree, ...]] = field(default_factory=dict)
    discovered: Mapping[str, Mapping[str, ObservedFolder]] = field(default_factory=dict)
    built: Mapping[str, JsonTree] = field(default_factory=dict)


def is_plain(file: str) -> bool:
    """Return True if a repository's file name stays below the folder it is put in."""
    parts = file.split("/")
    return all(part not in ("", ".", "..") for part in parts) and not any(
        each.isspace() or not each.isprintable() for each in file
    )


def asked_of(gguf: Gguf) -> Asked:
    """Return the source that a gguf block asks for."""
    if gguf.path is not None:
        return {"path": gguf.path}
    asked = {"repo": gguf.repo or "", "revision": gguf.revision}
    if gguf.quant is not None:
        return {**asked, "quant": gguf.quant}
    return {**asked, "file": gguf.file or ""}


def asked_of_build(build: Build) -> Asked:
    """Return the source that a build block asks for, without a login in its URL."""
    if build.kind == "release":
        asked = {"kind": build.kind, "ref": build.ref, "backend": build.backend}
        return {**asked, "toolkit": build.toolkit} if build.toolkit else asked
    asked = {"source": build.source, "ref": build.ref}
    return {**asked, "url": without_secrets(build.url)} if build.url else asked
