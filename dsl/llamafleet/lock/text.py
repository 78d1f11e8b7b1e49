"""A lock as text and back: JSON in a fixed order, so that what changed is what a diff shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..dataclasses import dataclass
from ..fleet.model import Asset, GgufFile
from ..gguf.header import MAX_SIZE
from .discovered import folder_tree, read_folders
from .json_text import OneLine, json_lines
from .model import JsonTree, Lock, LockedBuild, LockedGguf, is_plain

VERSION = 1

# What goes into paths and commands of hosts is held against what it can be.
_COMMIT = re.compile(r"[0-9a-f]{4,64}")
_ASSET = re.compile(r"[A-Za-z0-9][\w.+\-]*\.tar\.gz")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class LockError:
    """The reason that a text is no lock."""

    message: str


def write_lock(lock: Lock) -> str:
    """Return the text of a lock; equal locks have equal texts."""
    tree: dict[str, Any] = {
        "lock": VERSION,
        "fleet": lock.fleet,
        "ggufs": {name: gguf_tree(each) for name, each in sorted(lock.ggufs.items())},
        "builds": {name: _build_tree(each) for name, each in sorted(lock.builds.items())},
        "releases": {
            name: dict(sorted(each.items())) for name, each in sorted(lock.releases.items())
        },
    }
    if lock.flags:
        tree["flags"] = {ref: flag_rows(rows) for ref, rows in sorted(lock.flags.items())}
    if lock.discovered:
        tree["discovered"] = {
            service: {path: folder_tree(each) for path, each in sorted(folders.items())}
            for service, folders in sorted(lock.discovered.items())
        }
    if lock.built:
        tree["built"] = {name: OneLine(each) for name, each in sorted(lock.built.items())}
    if lock.measured:
        tree["measured"] = lock.measured
    return "".join(json_lines(tree, "")) + "\n"


def read_lock(text: str) -> Lock | LockError:
    """Read a lock from its text, or return an error."""
    if "\n<<<<<<< " in text or text.startswith("<<<<<<< "):
        return LockError("it has merge conflicts")
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        return LockError(f"it is not JSON: {error}")
    try:
        version = tree["lock"]
        if version != VERSION:
            return LockError(
                f"it has version {version!r}, but this llamafleet reads version {VERSION}"
            )
        return Lock(
            fleet=str(tree.get("fleet", "")),
            ggufs={name: _gguf(each) for name, each in tree["ggufs"].items()},
            builds={name: _build(each) for name, each in tree.get("builds", {}).items()},
            releases={
                name: {str(machine): str(sha256) for machine, sha256 in each.items()}
                for name, each in tree.get("releases", {}).items()
            },
            flags={ref: tuple(rows) for ref, rows in tree.get("flags", {}).items()},
            measured=dict(tree.get("measured", {})),
            discovered=read_folders(tree["discovered"]) if "discovered" in tree else {},
            built={str(name): dict(each) for name, each in tree.get("built", {}).items()},
        )
    except (TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
        return LockError(f"a part is missing or malformed ({error})")


def flag_rows(rows: Iterable[JsonTree]) -> list[OneLine]:
    """Return the rows of a flag table as the lock has them, without columns nobody checks."""
    return [
        OneLine((key, value) for key, value in row.items() if key not in ("help", "default"))
        if isinstance(row, Mapping)
        else row
        for row in rows
    ]


def gguf_tree(locked: LockedGguf) -> dict[str, Any]:
    """Return the entry of a gguf as JSON."""
    return {
        "asked": locked.asked,
        "revision": locked.revision,
        "files": [
            {"file": each.file, "size": each.size, "sha256": each.sha256} for each in locked.files
        ],
        "facts": locked.facts,
    }


def _gguf(tree: JsonTree) -> LockedGguf:
    asked = _asked(tree)
    files = tuple(_file(each, "path" in asked) for each in tree["files"])
    if not files:
        raise ValueError("files")
    revision = str(tree["revision"])
    if revision and not _COMMIT.fullmatch(revision):
        raise ValueError("revision")
    facts = tree.get("facts")
    if facts is not None and not isinstance(facts, dict):
        raise TypeError("facts")
    return LockedGguf(asked, revision, files, facts)


def _file(tree: JsonTree, on_host: bool) -> GgufFile:
    file, size = str(tree["file"]), tree["size"]
    if not on_host and not is_plain(file):
        raise ValueError(f"file {file!r}")
    if size is not None and not 0 <= size <= MAX_SIZE:
        raise ValueError(f"size {size!r:.40}")
    return GgufFile(file, None if size is None else int(size), _hex(_SHA256, tree["sha256"]))


def _hex(pattern: re.Pattern[str], found: object) -> str | None:
    if found is None or (isinstance(found, str) and pattern.fullmatch(found)):
        return found
    raise ValueError(f"{found!r}")


def _build_tree(locked: LockedBuild) -> dict[str, Any]:
    found: dict[str, Any] = {
        "asked": locked.asked,
        "commit": locked.commit,
        "sha256": locked.sha256,
        "tag": locked.tag,
    }
    if locked.assets:
        found["assets"] = [
            {
                "machine": each.machine,
                "file": each.file,
                "url": each.url,
                "sha256": each.sha256,
                "size": each.size,
            }
            for each in locked.assets
        ]
    return {key: value for key, value in found.items() if value is not None}


def _build(tree: JsonTree) -> LockedBuild:
    commit, sha256 = _hex(_COMMIT, tree.get("commit")), _hex(_SHA256, tree.get("sha256"))
    tag = tree.get("tag")
    assets = tuple(_asset(each) for each in tree.get("assets", ()))
    return LockedBuild(_asked(tree), commit, sha256, None if tag is None else str(tag), assets)


def _asset(tree: JsonTree) -> Asset:
    file, sha256 = str(tree["file"]), _hex(_SHA256, tree["sha256"])
    if not _ASSET.fullmatch(file) or sha256 is None:
        raise ValueError(f"asset {file!r:.80}")
    return Asset(str(tree["machine"]), file, str(tree["url"]), sha256, int(tree["size"]))


def _asked(tree: JsonTree) -> dict[str, str]:
    return {str(key): str(value) for key, value in tree["asked"].items()}
