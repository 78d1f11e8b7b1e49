"""`llamafleet lock`: look up what a fleet file names, and write it down in fleet.lock."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..compiler import compile_file
from ..diagnostics.suggest import suggest
from ..fleet.model import Fleet
from ..language.reading import LARGEST, read_bytes
from ..lock.location import lock_path
from ..lock.merge import TOO_LARGE
from ..lock.model import Lock
from ..lock.text import LockError, read_lock, write_lock
from .files import replace_file
from .terminal import counted, say, show, totals

PROBLEMS, USAGE = 1, 2


def lock(fleet: str, update: list[str], update_all: bool, check: bool, offline: bool) -> int:
    """Lock what is not; 1 if something cannot be, or under `check` if something would change."""
    compiled = compile_file(fleet, locked=False)
    if compiled.fleet is None:
        show(compiled.diagnostics, compiled.sources, sys.stderr)
        print(totals(compiled.diagnostics, max(1, len(compiled.sources))), file=sys.stderr)
        return PROBLEMS
    path = Path(lock_path(fleet))
    old = _old(path, Path(fleet).name)
    if old is None or not _known(update, compiled.fleet):
        return PROBLEMS if old is None else USAGE
    if offline:
        return _compare_offline(path, compiled.fleet, old)
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from ..lock.compare import differences
    from ..lock.make import make_lock

    fresh = None if update_all or (check and not update) else frozenset(update)
    made, problems, notes = make_lock(compiled.fleet, old, fresh)
    moved = differences(old, made)
    for line in moved:
        print(line)
    sys.stdout.flush()
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    for problem in problems:
        say(problem)
    if not check:
        _write(path, made)
    _conclude(path, made, moved, check)
    return PROBLEMS if problems or (check and moved) else 0


def _old(path: Path, fleet: str) -> Lock | None:
    """Return the present lock, empty if there is none; None if it must not be overwritten."""
    try:
        data = read_bytes(str(path))
        text = data.decode("utf-8")
    except FileNotFoundError:
        return Lock()
    except (OSError, ValueError) as error:
        say(f'cannot read "{path}": {error}')
        return None
    found = read_lock(text) if len(data) <= LARGEST else LockError(TOO_LARGE)
    if not isinstance(found, Lock):
        say(f'"{path}" cannot be used: {found.message}; delete it to create a new one')
        return None
    if found.fleet not in ("", fleet) and path.with_name(found.fleet).exists():
        say(f'"{path}" is the lock of {found.fleet}; keep each fleet in a folder of its own')
        return None
    return found


def _known(names: list[str], fleet: Fleet) -> bool:
    known = (*fleet.ggufs, *fleet.builds)
    for name in names:
        if name not in known:
            meant = suggest(name, known)
            other = f', did you mean "{meant}"?' if meant else f"; there are {', '.join(known)}"
            say(f'no gguf or build is named "{name}"{other}')
            return False
    return True


def _compare_offline(path: Path, fleet: Fleet, old: Lock) -> int:
    """Compare the lock with the fleet file, without network; 1 if it is not current."""
    from ..lock.model import asked_of

    stale = [
        name
        for name, gguf in fleet.ggufs.items()
        if gguf.path is None and (name not in old.ggufs or old.ggufs[name].asked != asked_of(gguf))
    ]
    gone = [name for name in old.ggufs if name not in fleet.ggufs]
    for name in stale:
        print(
            f"~ gguf {name}: the fleet file has changed" if name in old.ggufs else f"+ gguf {name}"
        )
    for name in gone:
        print(f"- gguf {name}")
    state = "is not current" if stale or gone else "is current; the Hub was not asked"
    print(f"{path}: {state}", file=sys.stderr)
    return PROBLEMS if stale or gone else 0


def _write(path: Path, made: Lock) -> None:
    # A lone surrogate, which a name from elsewhere may hold, becomes JSON's own escape for it.
    data = write_lock(made).encode("utf-8", "backslashreplace")
    if path.exists():
        if path.read_bytes() != data:
            replace_file(path, data)
    else:
        path.touch()
        replace_file(path, data)


def _conclude(path: Path, made: Lock, moved: tuple[str, ...], check: bool) -> None:
    if check:
        state = f"is not current: {counted(len(moved), 'change')}" if moved else "is current"
        print(f"{path}: {state}", file=sys.stderr)
        return
    files = sum(len(each.files) for each in made.ggufs.values())
    state = counted(len(moved), "change") if moved else "nothing changed"
    print(f"{path}: {state}; {counted(files, 'file')} of weights", file=sys.stderr)
