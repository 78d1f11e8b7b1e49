"""Merging a lock into a fleet: files, sizes, checksums, and GGUF facts."""

from __future__ import annotations

from ..dataclasses import replace
from ..diagnostics.model import Diagnostics
from ..fleet.model import Build, Fleet, Gguf
from ..fleet.schema.flag_tables import FlagTable, FlagTables, readable
from ..language.reading import LARGEST
from ..source import Source
from .discovered import discovered_ggufs
from .facts import LockedFacts
from .location import NAME, lock_path
from .model import Lock, LockedBuild, LockedGguf, asked_of, asked_of_build
from .text import LockError, read_lock

TOO_LARGE = f"it is larger than {LARGEST // 1024**2} MiB"


def lock_of(data: bytes, path: str, fleet: Fleet, diagnostics: Diagnostics) -> Lock:
    """Read a lock from a file's bytes; an empty one if there is none or it is unreadable."""
    if not data:
        return Lock()
    text = data.decode("utf-8", "replace")
    found = read_lock(text) if len(data) <= LARGEST else LockError(TOO_LARGE)
    if isinstance(found, Lock):
        return found
    message = f'"{path}" cannot be used: {found.message}'
    hint = f"remove it, then run: llamafleet lock {fleet.path}"
    diagnostics.error("not-locked", message, Source(path, text).whole(), hint=hint)
    return Lock()


def merge_into(fleet: Fleet, lock: Lock, diagnostics: Diagnostics) -> Fleet:
    """Return the fleet with its lock; entries for other sources than the fleet's are ignored."""
    known = {**dict(discovered_ggufs(lock)), **lock.ggufs}
    ggufs = {
        name: _locked(gguf, known.get(name), diagnostics) for name, gguf in fleet.ggufs.items()
    }
    facts = {
        name: locked.facts
        for name, locked in known.items()
        if locked.facts is not None
        and name in ggufs
        and asked_of(fleet.ggufs[name]) == locked.asked
    }
    if lock.measured:
        _check_measured(fleet, lock, diagnostics)
    builds = {
        name: _released(build, lock.builds.get(name), diagnostics)
        if build.kind == "release"
        else _built(build, lock.builds.get(name))
        for name, build in fleet.builds.items()
    }
    return replace(
        fleet,
        ggufs=ggufs,
        builds=builds,
        facts=LockedFacts(facts),
        measured=lock.measured,
        flag_tables=_flag_tables(fleet, lock, diagnostics) if lock.flags else None,
    )


def _flag_tables(fleet: Fleet, lock: Lock, diagnostics: Diagnostics) -> FlagTables:
    """The tables that can be read; another one is as good as none, and a rollout fetches it."""
    good = {ref: FlagTable(ref, rows) for ref, rows in lock.flags.items() if readable(rows)}
    for ref in lock.flags.keys() - good.keys():
        message = f"the flag table of {ref} cannot be read"
        span = Source(lock_path(fleet.path), "").whole()
        diagnostics.warning("not-locked", message, span, hint="the next rollout writes it again")
    return FlagTables(good)


def _check_measured(fleet: Fleet, lock: Lock, diagnostics: Diagnostics) -> None:
    """Say which measurements count for nothing because they cannot be read."""
    from .measured import problems

    for each in problems(lock.measured):
        hint = "measure again: pyinfra INVENTORY deploys/calibrate.py"
        diagnostics.warning(
            "not-locked", each, Source(lock_path(fleet.path), "").whole(), hint=hint
        )


def _released(build: Build, locked: LockedBuild | None, diagnostics: Diagnostics) -> Build:
    """Return a release with its archives: which those are, the lock alone knows."""
    if locked is not None and locked.asked == asked_of_build(build) and locked.assets:
        return replace(build, assets=locked.assets, tag=locked.tag or "")
    state = "is not in" if locked is None else "has changed since it was put into"
    message = f'build "{build.name}" {state} {NAME}, which names the archives of a release'
    diagnostics.error("not-locked", message, build.origin, hint="run: llamafleet lock")
    return build


def _built(build: Build, locked: LockedBuild | None) -> Build:
    """A build with the commit that its ref was; of a ref that is written anew, it is not known."""
    if locked is None or locked.commit is None or locked.asked != asked_of_build(build):
        return build
    return replace(build, commit=locked.commit)


def _locked(gguf: Gguf, locked: LockedGguf | None, diagnostics: Diagnostics) -> Gguf:
    span = gguf.spans.get("hf", gguf.origin)
    hint = "run: llamafleet lock"
    if locked is None:
        if gguf.quant is not None:
            message = f'gguf "{gguf.name}" is not in {NAME} yet'
            diagnostics.error("not-locked", message, span, hint=hint)
        return gguf
    if locked.asked != asked_of(gguf):
        message = f'gguf "{gguf.name}" has changed since it was locked as {_said(locked)}'
        report = diagnostics.error if gguf.quant is not None else diagnostics.warning
        report("not-locked", message, span, hint=hint)
        return gguf
    if gguf.path is not None:
        return gguf
    first = locked.files[0]
    if gguf.sha256 not in (None, first.sha256):
        message = f'gguf "{gguf.name}" was locked with another sha256'
        diagnostics.warning("not-locked", message, gguf.spans.get("sha256", span), hint=hint)
        return gguf
    return replace(
        gguf,
        file=first.file,
        revision=locked.revision,
        sha256=first.sha256,
        size=first.size,
        files=locked.files,
    )


def _said(locked: LockedGguf) -> str:
    """The words of a block, as people write them."""
    asked = locked.asked
    if "path" in asked:
        return f'"{asked["path"]}"'
    tag = asked.get("quant") or asked.get("file")
    revision = asked.get("revision", "")
    at = f" at {revision}" if revision not in ("", "main") else ""
    return f'"{asked.get("repo", "")}{":" if tag else ""}{tag or ""}"{at}'
