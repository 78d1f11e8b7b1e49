"""The controller's cache: sources, release archives and finished builds, each by its hash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

_LOCKS: dict[str, Lock] = {}


def root() -> Path:
    """Return `LLAMAFLEET_CACHE`, else `llamafleet` in the user's cache folder."""
    chosen = os.environ.get("LLAMAFLEET_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "llamafleet"


def folder(kind: str) -> Path:
    """Return the folder for one kind of content, creating it if necessary."""
    path = root() / kind
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def exclusive(key: str) -> Iterator[None]:
    """Let one thread at a time work on `key`: hosts run in parallel and may need the same file."""
    with _LOCKS.setdefault(key, Lock()):
        yield


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
