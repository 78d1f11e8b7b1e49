"""Save the flag table of an installed build in the lock, for later checks."""

from __future__ import annotations

from pyinfra.api.host import Host
from pyinfra.api.state import State

from llamafleet.backends import backend
from llamafleet.fleet.llama_cpp import release_of, tables_of
from llamafleet.fleet.model import Fleet
from llamafleet.fleet.schema.flag_tables import number, readable
from llamafleet.fleet.schema.server_help import read_help
from llamafleet.lock.text import flag_rows
from llamafleet.targets.plan_types import BuildPlan
from llamafleet_roles.commands import command_line, run_command
from llamafleet_roles.lock_file import LockFileError, update_lock

MIN_FLAGS = 50
"""A help text with fewer flags is not llama-server's."""


def lacks_flag_table(fleet: Fleet, build: BuildPlan, *, switched: bool) -> bool:
    """Return True if the fleet lacks the table of a build; a branch has another with each commit.

    A fork's flags are not checked, so that no table of it is needed.
    """
    release = release_of(build.build)
    if release is None:
        return False
    moved = switched and number(release) is None
    return moved or not tables_of(fleet).nearest(release).exact


def record_flags(state: State, host: Host, fleet: Fleet, build: BuildPlan, directory: str) -> bool:
    """Save the flag table of a build in the lock; return True even on failure."""
    label = f"llama.cpp {build.build.name}"
    wrapper = backend(build.build.backend).wrapper
    done, output = run_command(
        state, host, command_line(*wrapper, f"{directory}/llama-server", "--help")
    )
    try:
        kept = done and lock_flags(fleet.path, build.build.release, output.stdout)
    except LockFileError as error:
        host.log(f"{label}: could not save its flag table: {error}")
        return True
    if kept:
        host.log(
            f"{label}: saved its flag table in fleet.lock; llamafleet check uses it from now on"
        )
    else:
        host.log(f"{label}: could not read its flags from --help")
    return True


def lock_flags(fleet_path: str, ref: str, text: str) -> bool:
    """Save the flag table of a help text in the lock; return False if it cannot be parsed."""
    rows = read_help(text)
    if len(rows) < MIN_FLAGS or not readable(rows):
        return False
    update_lock(fleet_path, {("flags", ref): flag_rows(rows)})
    return True
