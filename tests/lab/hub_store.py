"""The contents of the local Hub: repositories, files, and a list of requests."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LFS_ENDINGS = (".gguf", ".safetensors", ".bin")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a repository; `served` differs from `data` where a test wants a bad download."""

    data: bytes
    served: bytes | None = None

    @property
    def sha256(self) -> str:
        """Return the SHA-256 that the Hub reports."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def blob_id(self) -> str:
        """The id that git gives the content."""
        return hashlib.sha1(b"blob %d\0" % len(self.data) + self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Repository:
    """A model repository; with `token`, only requests that carry it may read files."""

    name: str
    files: Mapping[str, StoredFile]
    token: str | None = None
    revisions: tuple[str, ...] = ("main",)

    @property
    def commit(self) -> str:
        """A commit id that changes whenever a file does."""
        listing = "".join(f"{path}\0{each.sha256}\n" for path, each in sorted(self.files.items()))
        return hashlib.sha1(f"{self.name}\n{listing}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a client."""

    method: str
    path: str
    range: str | None
    authorization: str | None


@dataclass(slots=True)
class Hub:
    """The repositories that a server offers, and what was asked of it."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    break_after: int | None = None
    """Close the connection after so many bytes of the next weights file, once."""
    pause: float = 0
    """Seconds of waiting after each 256 KiB of weights."""
    rate: float = 0
    """Bytes a second that all connections together get; 0 for no limit."""
    gate: threading.Lock = field(default_factory=threading.Lock)
    sent: int = 0
    """Bytes of weights that were sent, by all connections."""
    expire_next: int = 0
    """How many of the next links to content have expired."""
    ignore_ranges: bool = False
    """Send whole files, whatever range is asked for."""
    busy: list[int] = field(default_factory=list)
    """Answer the next requests for files with 429 and these values of Retry-After."""

    def add(
        self, name: str, files: Mapping[str, bytes | StoredFile], token: str | None = None
    ) -> Repository:
        """Offer a repository; a second call with the same name replaces its content."""
        stored = {
            path: each if isinstance(each, StoredFile) else StoredFile(each)
            for path, each in files.items()
        }
        self.repositories[name] = Repository(name, stored, token)
        return self.repositories[name]

    def add_tree(self, root: Path) -> None:
        """Offer every `owner/repository` folder below `root`."""
        for folder in sorted(path for path in root.glob("*/*") if path.is_dir()):
            self.add(
                folder.relative_to(root).as_posix(),
                {
                    path.relative_to(folder).as_posix(): path.read_bytes()
                    for path in sorted(folder.rglob("*"))
                    if path.is_file()
                },
            )

    def blob(self, sha256: str) -> bytes | None:
        """The bytes behind a content address."""
        for repository in self.repositories.values():
            for each in repository.files.values():
                if each.sha256 == sha256:
                    return each.data if each.served is None else each.served
        return None
