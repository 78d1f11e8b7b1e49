"""A lock as text and back: JSON in a fixed order, so that what changed is what a diff shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..fleet.model import GgufFile
from .model import JsonTree, Lock, LockedBuild, LockedGguf

VERSION = 1


@dataclass(frozen=True, slots=True)
class LockError:
    """Why a text is no lock."""

    message: str


def write_lock(lock: Lock) -> str:
    """The text of a lock; the same lock always has the same text."""
    tree: dict[str, Any] = {
        "lock": VERSION,
        "fleet": lock.fleet,
        "ggufs": {name: _gguf_tree(each) for name, each in sorted(lock.ggufs.items())},
        "builds": {name: _build_tree(each) for name, each in sorted(lock.builds.items())},
        "releases": {
            name: dict(sorted(each.items())) for name, each in sorted(lock.releases.items())
        },
    }
    if lock.measured:
        tree["measured"] = lock.measured
    return "".join(_lines(tree, "")) + "\n"


def read_lock(text: str) -> Lock | LockError:
    """The lock that a text holds, or why it holds none."""
    if "\n<<<<<<< " in text or text.startswith("<<<<<<< "):
        return LockError("it holds conflicts of a merge")
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        return LockError(f"it is no JSON: {error}")
    try:
        version = tree["lock"]
        if version != VERSION:
            return LockError(f"it has version {version!r}, and this llamafleet reads {VERSION}")
        return Lock(
            fleet=str(tree.get("fleet", "")),
            ggufs={name: _gguf(each) for name, each in tree["ggufs"].items()},
            builds={name: _build(each) for name, each in tree.get("builds", {}).items()},
            releases={
                name: {str(machine): str(sha256) for machine, sha256 in each.items()}
                for name, each in tree.get("releases", {}).items()
            },
            measured=dict(tree.get("measured", {})),
        )
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        return LockError(f"a part of it is missing or is something else ({error})")


def _gguf_tree(locked: LockedGguf) -> dict[str, Any]:
    return {
        "asked": locked.asked,
        "revision": locked.revision,
        "files": [
            {"file": each.file, "size": each.size, "sha256": each.sha256} for each in locked.files
        ],
        "facts": locked.facts,
    }


def _gguf(tree: JsonTree) -> LockedGguf:
    files = tuple(
        GgufFile(
            file=str(each["file"]),
            size=None if each["size"] is None else int(each["size"]),
            sha256=None if each["sha256"] is None else str(each["sha256"]),
        )
        for each in tree["files"]
    )
    if not files:
        raise ValueError("files")
    facts = tree.get("facts")
    if facts is not None and not isinstance(facts, dict):
        raise TypeError("facts")
    return LockedGguf(_asked(tree), str(tree["revision"]), files, facts)


def _build_tree(locked: LockedBuild) -> dict[str, Any]:
    found = {"asked": locked.asked, "commit": locked.commit, "sha256": locked.sha256}
    return {key: value for key, value in found.items() if value is not None}


def _build(tree: JsonTree) -> LockedBuild:
    return LockedBuild(_asked(tree), tree.get("commit"), tree.get("sha256"))


def _asked(tree: JsonTree) -> dict[str, str]:
    return {str(key): str(value) for key, value in tree["asked"].items()}


def _lines(value: object, indent: str) -> Iterator[str]:
    """JSON with a member a line; lists of numbers, one item a layer, stay on one."""
    inner = indent + " "
    match value:
        case Mapping() if value:
            items = [
                f"{json.dumps(str(key))}: {_inner(each, inner)}" for key, each in value.items()
            ]
            yield "{\n" + ",\n".join(inner + item for item in items) + f"\n{indent}}}"
        case list() | tuple() if any(isinstance(each, str | Mapping | list) for each in value):
            items = [_inner(each, inner) for each in value]
            yield "[\n" + ",\n".join(inner + item for item in items) + f"\n{indent}]"
        case Mapping():
            yield "{}"
        case _:
            yield json.dumps(value, ensure_ascii=False)


def _inner(value: object, indent: str) -> str:
    return "".join(_lines(value, indent))
