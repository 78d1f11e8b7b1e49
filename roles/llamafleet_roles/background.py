"""Jobs that outlive a rollout: each is a systemd unit of its own, which any run may follow."""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyinfra.api.host import Host
from pyinfra.api.state import State

from llamafleet_roles.commands import complain, run_on, words

FILES = Path(__file__).parent / "files"


@dataclass(frozen=True, slots=True)
class Background:
    """A job: its unit's name is its lock, `work` its folder, `label` what the user reads."""

    unit: str
    work: str
    log: str
    label: str


def start(
    state: State, host: Host, job: Background, files: Mapping[str, str], arguments: tuple[str, ...]
) -> bool:
    """Hand a job its files and start it, unless it is at work already."""
    script = (FILES / "start.sh").read_text()
    names = (job.unit, job.work, job.log, f"llamafleet: {job.label}")
    command = words("sh", "-c", script, "start", *names, *arguments)
    done, output = run_on(state, host, command, stdin=packed(files))
    if not done:
        complain(host, output.stderr or f"could not start {job.unit}")
    return done


def follow(state: State, host: Host, job: Background) -> bool:
    """Show a job's progress until it ends; whether it ended well."""
    script = (FILES / "follow.sh").read_text()
    command = words("sh", "-c", script, "follow", job.unit, job.work, job.log, job.label)
    done, _ = run_on(state, host, command, show=True)
    return done


def packed(files: Mapping[str, str]) -> str:
    """Files as an archive in base64, for standard input; for root's eyes only."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in files.items():
            data = text.encode()
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), 0o600
            archive.addfile(entry, io.BytesIO(data))
    return base64.encodebytes(buffer.getvalue()).decode()
