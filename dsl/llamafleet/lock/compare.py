"""Differences between two locks, a line each, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..fleet.model import GgufFile
from ..gguf.compact import from_json
from ..gguf.facts import GgufFacts
from .model import Lock, LockedBuild, LockedGguf
from .quants import in_bytes

SHORT = 12
MOST = 8
"""Lines about the tensors of one model; a new quant changes hundreds."""


def differences(old: Lock, new: Lock) -> tuple[str, ...]:
    """Return a line for each difference: `+` new, `-` gone, `~` changed."""
    return (*_ggufs(old, new), *_builds(old, new), *_releases(old, new))


def _ggufs(old: Lock, new: Lock) -> Iterator[str]:
    for name in sorted(old.ggufs.keys() | new.ggufs.keys()):
        before, after = old.ggufs.get(name), new.ggufs.get(name)
        if after is None:
            yield f"- gguf {name}"
        elif before is None:
            yield f"+ gguf {name}: {_described(after)}"
        elif before != after:
            yield from (f"~ gguf {name}: {each}" for each in _moved(before, after))


def _described(locked: LockedGguf) -> str:
    size = sum(each.size or 0 for each in locked.files)
    rest = f" and {len(locked.files) - 1} more" if len(locked.files) > 1 else ""
    repo = locked.asked.get("repo")
    where = f"{repo}@{locked.revision[:SHORT]} " if repo else ""
    return f"{where}{locked.files[0].file}{rest}, {in_bytes(size)}"


def _moved(before: LockedGguf, after: LockedGguf) -> Iterator[str]:
    for key in sorted(before.asked.keys() | after.asked.keys()):
        yield from _changed(key, before.asked.get(key), after.asked.get(key))
    if before.asked.get("revision") != after.revision:
        yield from _changed("commit", before.revision[:SHORT], after.revision[:SHORT])
    yield from _moved_files(before.files, after.files)
    if before.facts != after.facts:
        yield from _moved_facts(before.facts, after.facts)


def _moved_files(before: tuple[GgufFile, ...], after: tuple[GgufFile, ...]) -> Iterator[str]:
    was, now = ({each.file: each for each in files} for files in (before, after))
    for name in dict.fromkeys((*was, *now)):
        one, other = was.get(name), now.get(name)
        if other is None:
            yield f"without {name}"
        elif one is None:
            yield f"with {name}, {in_bytes(other.size or 0)}"
        elif one != other:
            size = _size(one, other)
            hashes = f"sha256 {(one.sha256 or 'none')[:SHORT]} → {(other.sha256 or 'none')[:SHORT]}"
            yield f"{name}: {size}{hashes}"


def _size(one: GgufFile, other: GgufFile) -> str:
    """A size that moved; in bytes where it looks the same."""
    if one.size == other.size:
        return ""
    was, now = in_bytes(one.size or 0), in_bytes(other.size or 0)
    if was == now:
        was, now = f"{one.size} bytes", f"{other.size} bytes"
    return f"{was} → {now}, "


def _moved_facts(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> Iterator[str]:
    was = from_json(before) if before else None
    now = from_json(after) if after else None
    if not isinstance(was, GgufFacts) or not isinstance(now, GgufFacts):
        yield (
            "its header is known now" if isinstance(now, GgufFacts) else "its header is unknown now"
        )
        return
    yield from _changed("architecture", was.architecture, now.architecture)
    yield from _changed("vocabulary", was.vocabulary, now.vocabulary)
    for key in sorted(was.metadata.keys() | now.metadata.keys()):
        yield from _changed(key, was.metadata.get(key), now.metadata.get(key))
    yield from _moved_tensors(was, now)


def _moved_tensors(was: GgufFacts, now: GgufFacts) -> Iterator[str]:
    lines: list[str] = []
    for name in dict.fromkeys((*was.by_name, *now.by_name)):
        one, other = was.by_name.get(name), now.by_name.get(name)
        if one is None or other is None:
            lines.append(f"{'without' if other is None else 'with'} tensor {name}")
        elif (one.type, one.dims) != (other.type, other.dims):
            types = f"{one.type} {_dims(one.dims)} → {other.type} {_dims(other.dims)}"
            lines.append(f"tensor {name}: {types}")
    yield from lines[:MOST]
    if len(lines) > MOST:
        yield f"{len(lines) - MOST} more tensors"


def _dims(dims: tuple[int, ...]) -> str:
    return "x".join(map(str, dims))


def _builds(old: Lock, new: Lock) -> Iterator[str]:
    for name in sorted(old.builds.keys() | new.builds.keys()):
        before, after = old.builds.get(name), new.builds.get(name)
        if after is None:
            yield f"- build {name}"
        elif before is None:
            yield f"+ build {name}: {_source(after)}"
        elif before != after:
            yield f"~ build {name}: {_source(before)} → {_source(after)}"


def _source(build: LockedBuild) -> str:
    if build.assets:
        return f"{build.asked.get('ref', '')} (the archives of {build.tag}: {_digests(build)})"
    archive = f"sha256 {build.sha256[:SHORT]}" if build.sha256 else "unknown"
    found = build.commit[:SHORT] if build.commit else archive
    return f"{build.asked.get('ref', '')} ({found})"


def _digests(build: LockedBuild) -> str:
    return ", ".join(f"{each.file} {each.sha256[:SHORT]}" for each in build.assets)


def _releases(old: Lock, new: Lock) -> Iterator[str]:
    for version in sorted(old.releases.keys() | new.releases.keys()):
        before, after = old.releases.get(version), new.releases.get(version)
        if after is None:
            yield f"- llama-swap {version}"
        elif before is None:
            machines = ", ".join(after) or "no checksum is known"
            yield f"+ llama-swap {version}: {machines}"
        elif before != after:
            yield f"~ llama-swap {version}: other checksums"


def _changed(what: str, before: object, after: object) -> Iterator[str]:
    if before != after:
        yield f"{what} {_value(before)} → {_value(after)}"


def _value(value: object) -> str:
    if value is None:
        return "none"
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:60]}…"
