"""Gives a fleet what its lock knows: files, sizes, checksums, and the facts of its models.

It reads one file beside the fleet file, and asks nobody; facts are decoded when they are wanted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..diagnostics.model import Diagnostics
from ..fleet.model import Fleet, Gguf
from ..gguf.facts import GgufFacts
from ..language.reading import Read
from ..language.source import Source
from .model import NAME, JsonTree, Lock, LockedGguf, asked_of


def lock_path(fleet_path: str) -> str:
    """Where the lock of a fleet file is."""
    return os.path.join(os.path.dirname(fleet_path), NAME)  # noqa: PTH118, PTH120 (as written)


def attach(fleet: Fleet, read: Read, diagnostics: Diagnostics) -> Fleet:
    """The fleet as its lock has it; weights that only a lock can name are an error without one."""
    if not fleet.ggufs:
        return fleet
    lock = _lock(fleet, read, diagnostics) or Lock()
    ggufs = {
        name: _locked(gguf, lock.ggufs.get(name), diagnostics) for name, gguf in fleet.ggufs.items()
    }
    facts = {
        name: locked.facts
        for name, locked in lock.ggufs.items()
        if locked.facts is not None
        and name in ggufs
        and asked_of(fleet.ggufs[name]) == locked.asked
    }
    return replace(fleet, ggufs=ggufs, facts=LockedFacts(facts), measured=lock.measured)


@dataclass(frozen=True, slots=True)
class LockedFacts(Mapping[str, GgufFacts]):
    """Facts by the names of weights; a model's are decoded when they are first asked for."""

    trees: Mapping[str, JsonTree]
    decoded: dict[str, GgufFacts | None] = field(default_factory=dict)

    def __getitem__(self, name: str) -> GgufFacts:
        if name not in self.decoded:
            from ..gguf.compact import from_json

            found = from_json(self.trees[name])
            self.decoded[name] = found if isinstance(found, GgufFacts) else None
        facts = self.decoded[name]
        if facts is None:
            raise KeyError(name)
        return facts

    def __iter__(self) -> Iterator[str]:
        return iter(self.trees)

    def __len__(self) -> int:
        return len(self.trees)


def _lock(fleet: Fleet, read: Read, diagnostics: Diagnostics) -> Lock | None:
    path = lock_path(fleet.path)
    try:
        text = read(path).decode("utf-8")
    except (OSError, ValueError):
        return None
    from .text import read_lock

    found = read_lock(text)
    if isinstance(found, Lock):
        return found
    message = f'"{path}" cannot be used: {found.message}'
    hint = f"remove it, then run: llamafleet lock {fleet.path}"
    diagnostics.error("not-locked", message, Source(path, text).whole(), hint=hint)
    return None


def _locked(gguf: Gguf, locked: LockedGguf | None, diagnostics: Diagnostics) -> Gguf:
    span = gguf.spans.get("hf", gguf.origin)
    hint = "run: llamafleet lock, which looks it up and writes fleet.lock"
    if locked is None:
        if gguf.quant is not None:
            message = f"which file gguf {gguf.name} is stands in no {NAME}"
            diagnostics.error("not-locked", message, span, hint=hint)
        return gguf
    if locked.asked != asked_of(gguf):
        message = f"gguf {gguf.name} was locked as {_said(locked)}, and this is something else"
        report = diagnostics.error if gguf.quant is not None else diagnostics.warning
        report("not-locked", message, span, hint=hint)
        return gguf
    if gguf.path is not None:
        return gguf
    first = locked.files[0]
    if gguf.sha256 not in (None, first.sha256):
        message = f"gguf {gguf.name} was locked with another sha256"
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
