"""Writes into fleet.lock from a run on many hosts at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock as Mutex

from llamafleet.cli.files import replace_file
from llamafleet.lock.location import lock_path
from llamafleet.lock.model import Lock
from llamafleet.lock.splice import spliced
from llamafleet.lock.text import LockError, read_lock, write_lock

_ONE_AT_A_TIME = Mutex()


class LockFileError(Exception):
    """Why nothing was written; the message says it to a person."""


def update_lock(fleet: str, values: Mapping[tuple[str, ...], object]) -> None:
    """Put values at their places in the lock of a fleet file; all else stays byte for byte.

    The file is replaced as a whole, after it was read anew: hosts may end at the same time, and
    somebody else may have locked something since this run began.
    """
    path = Path(lock_path(fleet))
    with _ONE_AT_A_TIME, _alone(path):
        text = _text(path, fleet)
        changed = text
        for names, value in values.items():
            changed = spliced(changed, names, value)
        if changed != text:
            _write(path, changed)


def current_lock(fleet: str) -> Lock:
    """The lock of a fleet file as it is now; an empty one where there is none."""
    found = read_lock(_text(Path(lock_path(fleet)), fleet))
    return found if isinstance(found, Lock) else Lock()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep out another run of this machine: the folder is what both lock, for files come and go."""
    try:
        folder = os.open(path.parent or Path(), os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise LockFileError(f"cannot write {path}: {error}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        # gevent, which pyinfra runs on, may put off closing it: the next one would wait for ever.
        fcntl.flock(folder, fcntl.LOCK_UN)
        os.close(folder)


def _write(path: Path, text: str) -> None:
    try:
        path.touch()
        # A lone surrogate becomes JSON's own escape for it.
        replace_file(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise LockFileError(f"cannot write {path}: {error}") from error


def _text(path: Path, fleet: str) -> str:
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return write_lock(Lock(fleet=Path(fleet).name))
    except (OSError, UnicodeDecodeError) as error:
        raise LockFileError(f"cannot read {path}: {error}") from error
    found = read_lock(text)
    if isinstance(found, LockError):
        raise LockFileError(f"{path} cannot be used: {found.message}")
    return text
