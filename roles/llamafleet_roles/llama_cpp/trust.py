"""The record of what was compiled: only a build in it may be given to other hosts.

A host could hand out an install that somebody has changed since. So the SHA-256 of a build's list
of files is written into fleet.lock as soon as it is installed, and compared before it is packed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyinfra.api.host import Host
from pyinfra.api.state import State

from llamafleet.fleet.model import Fleet
from llamafleet.lock.json_text import OneLine
from llamafleet.targets.fingerprint import Inputs
from llamafleet_roles.commands import command_line, run_command
from llamafleet_roles.llama_cpp.builds import cached_build
from llamafleet_roles.llama_cpp.job import BuildJob
from llamafleet_roles.lock_file import LockFileError, current_lock, update_lock

# What this run has heard itself, should the lock not be writable.
_HEARD: dict[str, str] = {}


def record_made(state: State, host: Host, fleet: Fleet, job: BuildJob, sums: str) -> None:
    """Record a build that was just installed in fleet.lock: its list of files, by whom and when."""
    key = job.inputs.fingerprint
    _HEARD[key] = sums
    done, output = run_command(
        state, host, command_line("cat", "--", f"{job.install_directory}/manifest.json")
    )
    made = _manifest(output.stdout) if done else {}
    entry = {
        "sums": sums,
        "build": job.plan.build.name,
        "ref": job.inputs.ref,
        **{name: made[name] for name in ("by", "host", "ended", "seconds") if name in made},
    }
    try:
        update_lock(fleet.path, {("built", key): OneLine(entry)})
    except LockFileError as error:
        host.log(f"{job.label}: could not record it in fleet.lock: {error}")


def recorded_sums(fleet: Fleet, inputs: Inputs) -> str | None:
    """Return the SHA-256 of the list of files of a build as it was recorded; None if it was not."""
    key = inputs.fingerprint
    if key in _HEARD:
        return _HEARD[key]
    cached = cached_build(inputs)
    if cached is not None and cached.inputs == inputs:
        return cached.sums
    try:
        found = current_lock(fleet.path).built.get(key, {}).get("sums")
    except LockFileError:
        return None
    return str(found) if found else None


def _manifest(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
