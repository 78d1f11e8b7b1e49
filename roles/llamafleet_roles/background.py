"""Jobs that outlive a rollout: each is a systemd unit of its own, which later runs can follow."""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyinfra.api.host import Host
from pyinfra.api.state import State

from llamafleet_roles.commands import command_line, log_error, run_command

FILES = Path(__file__).parent / "files"


@dataclass(frozen=True, slots=True)
class BackgroundJob:
    """A long job on a host.

    The name of its unit is its lock, `work` its folder on the host, `label` its name in output.
    """

    unit: str
    work: str
    log: str
    label: str


def start_job(
    state: State,
    host: Host,
    job: BackgroundJob,
    files: Mapping[str, str],
    arguments: tuple[str, ...],
    owner: str = "root",
) -> bool:
    """Send a job its files and start it, unless it is running already; return True on success.

    The files are readable by the user `owner` alone.
    """
    script = (FILES / "start.sh").read_text()
    names = (job.unit, job.work, job.log, f"llamafleet: {job.label}")
    command = command_line("sh", "-c", script, "start", *names, *arguments)
    done, output = run_command(state, host, command, stdin=pack_files(files, owner))
    if not done:
        log_error(host, output.stderr or f"could not start {job.unit}")
    return done


def follow_job(state: State, host: Host, job: BackgroundJob) -> bool:
    """Show a job's progress until it ends; return True if it succeeded."""
    script = (FILES / "follow.sh").read_text()
    command = command_line("sh", "-c", script, "follow", job.unit, job.work, job.log, job.label)
    done, _ = run_command(state, host, command, show=True)
    return done


def pack_files(files: Mapping[str, str], owner: str = "root") -> str:
    """Return files as a base64 tar archive for standard input, each with mode 600."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in files.items():
            data = text.encode("utf-8", "surrogateescape")
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), 0o600
            entry.uname = entry.gname = owner
            archive.addfile(entry, io.BytesIO(data))
    return base64.encodebytes(buffer.getvalue()).decode()
