"""A control group of its own for each host: of two systemds that share one, both fail units.

Where this machine's own PID 1 is systemd, the host is a transient service to which systemd
delegates one, in the manner of its systemd-nspawn@.service. Elsewhere the group is made by hand in
each hierarchy that a systemd inside will use: the named one and the unified one, or the only one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from .shell import LabError

ROOT = Path("/sys/fs/cgroup")
REBOOT = 133


def systemd_runs() -> bool:
    """Return True if this machine was booted by systemd (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir() and Path("/proc/1/comm").read_text() == "systemd\n"


def start(name: str, command: tuple[str, ...], console: Path) -> None:
    """Start a host's command in the group `name`, as no child of this process.

    It is started again whenever it ends with REBOOT, by which nspawn asks for just that.
    """
    launch = _as_service(name, console) if systemd_runs() else _by_hand(name)
    with console.open("ab") as output:
        subprocess.run(
            (*launch, *command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=True
        )


def _as_service(name: str, console: Path) -> tuple[str, ...]:
    output = f"append:{console}"
    properties = (
        *("Type=exec", "Delegate=yes", "KillMode=mixed", "TasksMax=16384"),
        *(f"SuccessExitStatus={REBOOT}", f"RestartForceExitStatus={REBOOT}"),
        *(f"StandardOutput={output}", f"StandardError={output}"),
    )
    options = (f"--property={each}" for each in properties)
    return ("systemd-run", "--quiet", "--collect", f"--unit={name}", *options, "--")


def _by_hand(name: str) -> tuple[str, ...]:
    groups = [hierarchy / name for hierarchy in _hierarchies()]
    for group in groups:
        group.mkdir(exist_ok=True)
    join = "; ".join(f"echo $$ > {group}/cgroup.procs" for group in groups)
    loop = f'{join}; while status=0; "$@" || status=$?; [ $status -eq {REBOOT} ]; do :; done'
    return ("setsid", "--fork", "sh", "-euc", loop, "sh")


def processes(name: str) -> tuple[int, ...]:
    """Every process in the group `name` and below."""
    found = set()
    for group in _groups(name):
        # Groups come and go while they are listed, which os.walk takes as it is and rglob does not.
        for path, _, _ in os.walk(group):
            try:
                text = Path(path, "cgroup.procs").read_text()
                found |= {int(line) for line in text.split()}
            except OSError:
                continue  # the group went away meanwhile
    return tuple(sorted(found - {0}))


def kill(name: str) -> None:
    """End every process of the group at once, as when the power goes, and wait for it."""
    deadline = time.monotonic() + 20
    while running := processes(name):
        for process in running:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            raise LabError(f"processes {running} of {name} do not end")
        time.sleep(0.02)


def remove(name: str) -> None:
    """End what runs in a group and remove it with all below; one that is not there is no error."""
    deadline = time.monotonic() + 20
    while groups := tuple(_groups(name)):
        # A process that was about to join when the others were killed may have joined since.
        kill(name)
        for group in groups:
            for path, _, _ in os.walk(group, topdown=False):
                _remove_directory(Path(path))
        if time.monotonic() > deadline:
            raise LabError(f"cannot remove the control group {groups[0]}")


def _remove_directory(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:
        # RemovedFlag already, or the kernel has not yet let go of the last process.
        time.sleep(0.01)


def _hierarchies() -> tuple[Path, ...]:
    named = tuple(path for path in (ROOT / "systemd", ROOT / "unified") if path.is_dir())
    return named or (ROOT,)


def _groups(name: str) -> Iterator[Path]:
    candidates = [hierarchy / name for hierarchy in _hierarchies()]
    candidates += [ROOT / "system.slice" / f"{name}.service"]
    candidates += [ROOT / "systemd" / "system.slice" / f"{name}.service"]
    return (path for path in candidates if path.is_dir())
