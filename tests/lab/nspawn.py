"""Starting a host's PID 1 by systemd-nspawn, and removing what a killed one leaves behind."""

from __future__ import annotations

import time
from pathlib import Path

from . import cgroup
from .mounts import delete_tree
from .paths import bridge_name, cgroup_name, machine_name
from .shell import LabError

RUNTIME = Path("/run/systemd/nspawn")


def start(
    lab_id: str,
    number: int,
    hostname: str,
    root: Path,
    binds: tuple[tuple[str, str], ...],
    console: Path,
) -> None:
    """Start a host; it runs until it powers off or is killed, whatever becomes of us."""
    machine = machine_name(lab_id, number)
    # Not registered: machined may be absent, and the lab keeps its own books.
    command = (
        *("systemd-nspawn", "--quiet", "--boot", "--console=pipe"),
        *(f"--directory={root}", f"--machine={machine}", f"--hostname={hostname}"),
        *("--register=no", "--keep-unit", "--link-journal=no"),
        *("--resolv-conf=off", "--timezone=off", f"--network-bridge={bridge_name(lab_id)}"),
        *(f"--bind-ro={_escaped(source)}:{_escaped(target)}" for source, target in binds),
    )
    # Neither Ctrl-C at the terminal nor this process's end is the host's end.
    cgroup.start(cgroup_name(lab_id, number), command, console)
    deadline = time.monotonic() + 10
    while not cgroup.processes(cgroup_name(lab_id, number)):
        if time.monotonic() > deadline:
            raise LabError(
                f"{hostname} did not start:\n{console.read_text(errors='replace')[-2000:]}"
            )
        time.sleep(0.02)


def forget(lab_id: str, number: int) -> None:
    """Remove the directories in /run that nspawn removes itself when it is not killed."""
    machine = machine_name(lab_id, number)
    for kind in ("propagate", "unix-export"):
        if (path := RUNTIME / kind / machine).exists():
            delete_tree(path)


def _escaped(path: str) -> str:
    return path.replace("\\", "\\\\").replace(":", "\\:")
