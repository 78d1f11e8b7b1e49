"""Files on this machine, written so that nobody ever sees half of one."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ..targets.plan_types import Artifact


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file's content in one step; its mode stays, and a link still points at it."""
    target = Path(os.path.realpath(path))
    before = target.stat()
    if not stat.S_ISREG(before.st_mode):
        raise OSError(0, "not a regular file", str(path))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def replace_tree(folder: Path, artifacts: Iterable[Artifact]) -> None:
    """Make `folder` hold exactly the artifacts, at their paths as if it were a host's root."""
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        made.chmod(0o755)
        for artifact in artifacts:
            path = inside(made, artifact.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(artifact.content.encode())
            path.chmod(int(artifact.mode, 8))
        if folder.exists():
            _swap(made, folder)
        else:
            made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def inside(root: Path, path: str) -> Path:
    """Return the path of a host's absolute path under `root`; ValueError if it leaves `root`."""
    parts = path.split("/")
    if len(parts) < 2 or parts[0] or any(part in ("", ".", "..") for part in parts[1:]):
        raise ValueError(f"not a plain absolute path: {path!r}")
    return root.joinpath(*parts[1:])


def _swap(made: Path, folder: Path) -> None:
    """Put the new tree in the old one's place; the old one ends up where the new one was."""
    aside = made.with_name(made.name + ".old")
    folder.rename(aside)
    try:
        made.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    shutil.rmtree(aside)
