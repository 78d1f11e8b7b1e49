"""The store of a host: each file once, named by its SHA-256, and the names that link to it.

Beside each file stands `SHA256.pieces`: its size and time of change when it was verified, then the
SHA-256 of every piece. Other hosts that copy the file check each piece against them.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from .job import Job, TransferError, gigabytes, say
from .part import PIECE, pieces_of

Progress = Callable[[int], None]
"""Called with the number of bytes that were hashed."""


def hashes_of(path: Path, progress: Progress = lambda _: None) -> tuple[str, tuple[str, ...]]:
    """Return the SHA-256 of a file and those of its pieces."""
    whole, pieces = hashlib.sha256(), []
    with path.open("rb") as stream:
        while data := stream.read(PIECE):
            whole.update(data)
            pieces.append(hashlib.sha256(data).hexdigest())
            progress(len(data))
    return whole.hexdigest(), tuple(pieces)


def pieces_path(store: Path, sha256: str) -> Path:
    """Return where the hashes of a file's pieces are."""
    return store / f"{sha256}.pieces"


def pieces_text(size: int, modified: int, pieces: tuple[str, ...]) -> str:
    """Return the content of a `.pieces` file; `modified` is in nanoseconds."""
    return "\n".join((f"{size} {PIECE} {modified}", *pieces, ""))


def read_pieces(text: str, size: int | None) -> tuple[str, ...] | None:
    """Return the hashes that a `.pieces` file holds; None if its file has another size."""
    first, *pieces = text.split("\n")
    words = first.split(" ")
    if len(words) != 3 or not all(each.isdigit() for each in words) or int(words[1]) != PIECE:
        return None
    found = tuple(each for each in pieces if each)
    right = all(len(each) == 64 and set(each) <= set("0123456789abcdef") for each in found)
    if not right or len(found) != pieces_of(int(words[0])) or size not in (None, int(words[0])):
        return None
    return found


def intact(store: Path, sha256: str) -> bool:
    """Return True if the store has the file, unchanged since it was verified."""
    try:
        state = (store / sha256).stat()
        first = pieces_path(store, sha256).read_text().split("\n", 1)[0]
    except (OSError, UnicodeDecodeError):
        return False
    return first == f"{state.st_size} {PIECE} {state.st_mtime_ns}" and _safe(state)


def _safe(state: os.stat_result) -> bool:
    """Return True if nobody else could have changed the file."""
    return state.st_uid == os.geteuid() and not state.st_mode & 0o022


def put(store: Path, path: Path, sha256: str, pieces: tuple[str, ...]) -> None:
    """Move a verified file into the store, durably: its pieces first, then its name."""
    path.chmod(0o644)
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
    state = path.stat()
    write(pieces_path(store, sha256), pieces_text(state.st_size, state.st_mtime_ns, pieces))
    path.replace(store / sha256)
    sync_folder(store)


def adopt(job: Job, path: Path, sha256: str, pieces: tuple[str, ...]) -> None:
    """Link a verified file that is already on the host into the store; a copy where it must be."""
    fresh = job.store / f"{sha256}.new"
    fresh.unlink(missing_ok=True)
    try:
        if not _safe(path.stat()):
            raise OSError(errno.EPERM, "others may write to it")
        os.link(path.resolve(), fresh)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK):
            raise
        say(f"copying {path}")
        copy(path, fresh)
    put(job.store, fresh, sha256, pieces)


def copy(source: Path, target: Path) -> None:
    """Copy a file of another file system; raise TransferError if there is no space for it."""
    size = source.stat().st_size
    state = os.statvfs(target.parent)
    missing = size - state.f_bavail * state.f_frsize
    if missing > 0:
        raise TransferError(f"{target.parent} has {gigabytes(missing)} too little for {source}")
    with source.open("rb") as old, target.open("wb") as new:
        while data := old.read(PIECE):
            new.write(data)


def link(job: Job, sha256: str) -> None:
    """Let the name that models use lead to a file of the store; what had that name is replaced.

    A name that leads there already stays as it is: a new one would look like other weights to a
    process that has them open.
    """
    target, path = job.store / sha256, job.path
    if not (path.exists() and path.samefile(target)):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.llamafleet-new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(path)
        sync_folder(path.parent)
    record(job, sha256)


def record(job: Job, sha256: str) -> None:
    """Note size, time of change and hash: a file with the same ones is not hashed again."""
    state = job.path.stat()
    known = f"{state.st_size} {int(state.st_mtime)} {sha256} {job.source}"
    job.record.parent.mkdir(parents=True, exist_ok=True)
    write(job.record, f"{known}\n{job.path}\n")


def recorded(job: Job) -> Iterator[tuple[Path, str]]:
    """Yield the files of this host that were verified and are unchanged since, with their hash."""
    # Records of the first releases do not contain the path.
    key = hashlib.sha256(str(job.before).encode()).hexdigest()[:16]
    for other in sorted(job.record.parent.glob("[0-9a-f]" * 16)):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            first, *rest = other.read_text().splitlines() or [""]
            size, modified, sha256, *_ = [*first.split(" ", 3), "", "", ""]
            path = Path(rest[0] if rest else str(job.before) if other.name == key else "")
            state = path.stat()
            same = (str(state.st_size), str(int(state.st_mtime))) == (size, modified)
            if path.is_file() and same and _safe(state):
                yield path, sha256


def write(path: Path, text: str) -> None:
    """Write a small file at once or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.chmod(0o644)
    fresh.replace(path)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
