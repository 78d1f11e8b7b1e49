"""Update fleet.lock from a run on many hosts at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock as Mutex

from llamafleet.cli.files import replace_file
from llamafleet.language.reading import LARGEST
from llamafleet.lock.location import lock_path
from llamafleet.lock.model import Lock
from llamafleet.lock.splice import spliced
from llamafleet.lock.text import LockError, read_lock, write_lock

_ONE_AT_A_TIME = Mutex()


class LockFileError(Exception):
    """The lock could not be read or written; the message says why."""


def update_lock(fleet: str, values: Mapping[tuple[str, ...], object]) -> None:
    """Set values in the lock of a fleet file, by their path in its JSON; all else stays as it is.

    The file is read again and replaced as a whole: hosts may finish at the same time, and another
    run may have changed the lock. Raises LockFileError.
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
    """Return the lock of a fleet file, empty if there is none. Raises LockFileError."""
    found = read_lock(_text(Path(lock_path(fleet)), fleet))
    return found if isinstance(found, Lock) else Lock()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Exclude other runs on this machine by a lock on the folder: the file itself is replaced."""
    try:
        folder = os.open(path.parent or Path(), os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise LockFileError(f"cannot write {path}: {error}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        # gevent, which pyinfra uses, may delay the close: the next one would wait for ever.
        fcntl.flock(folder, fcntl.LOCK_UN)
        os.close(folder)


def _write(path: Path, text: str) -> None:
    # A lone surrogate becomes JSON's own escape for it.
    data = text.encode("utf-8", "backslashreplace")
    if len(data) > LARGEST:
        # Nobody could read it any more.
        raise LockFileError(
            f"{path} would be larger than {LARGEST // 1024**2} MiB: discover fewer files"
        )
    try:
        path.touch()
        replace_file(path, data)
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
