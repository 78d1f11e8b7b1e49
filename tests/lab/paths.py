"""The folders of the lab, and the names of everything that belongs to one lab.

Every mount, link, cgroup, firewall rule and directory of a lab can be told from the lab's id alone.
So tearing a lab down needs no list of what was made, and a lab that died half way is torn down by
the same code as a whole one.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .shell import LabError

TAG = "llamafleet-lab"


def labs_directory() -> Path:
    """The directory of all labs: it must hold overlay uppers, so it is never itself an overlay."""
    return Path(os.environ.get("LLAMAFLEET_LAB_DIR", "/var/tmp/llamafleet-lab"))


def lab_directory(lab_id: str) -> Path:
    """The directory of one lab. What is no lab's id never becomes a path: the path gets deleted."""
    if not is_lab_id(lab_id):
        raise LabError(f"`{lab_id}` is not a lab ID: expected four hexadecimal digits")
    return labs_directory() / lab_id


def is_lab_id(text: str) -> bool:
    """Return True if a text has the form of a lab's ID."""
    return re.fullmatch("[0-9a-f]{4}", text) is not None


def cache_directory() -> Path:
    """Return the folder for base images and packages, which may be deleted at any time."""
    root = os.environ.get("LLAMAFLEET_CACHE")
    return (Path(root) if root else Path.home() / ".cache" / "llamafleet") / "lab"


def bridge_name(lab_id: str) -> str:
    """The bridge that a lab's hosts hang on."""
    return f"lf-{lab_id}"


def machine_name(lab_id: str, number: int | str) -> str:
    """The name that systemd-nspawn knows a host by; short, as the link's name derives from it.

    With "" for the number it is what the names of all of a lab's hosts begin with.
    """
    return f"{lab_id}-{number}"


def link_name(lab_id: str, number: int | str) -> str:
    """The machine's end of a host's network link, as systemd-nspawn names it."""
    return f"vb-{machine_name(lab_id, number)}"


def cgroup_name(lab_id: str, number: int) -> str:
    """The control group that holds all processes of a host and none besides."""
    return f"{TAG}-{machine_name(lab_id, number)}"


def rule_comment(lab_id: str) -> str:
    """The comment that every firewall rule of a lab carries."""
    return f"{TAG}-{lab_id}"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; it is released when the process ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
