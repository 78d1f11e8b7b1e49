"""Write a host's files and start its units: one probe, and one bundle if anything differs."""

from __future__ import annotations

import difflib
from collections.abc import Generator
from functools import partial

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.operation import operation
from pyinfra.context import host, state

from llamafleet.targets.plan_types import Artifact, HostPlan
from llamafleet_roles.commands import fail_host, log_planned, shell_step
from llamafleet_roles.environment import EnvironmentFileError
from llamafleet_roles.services.bundle import apply_command, bundle
from llamafleet_roles.services.changes import Changes, compare, units_freeing_ports
from llamafleet_roles.services.environment import environment_files
from llamafleet_roles.services.facts import Generation, Services, Texts
from llamafleet_roles.services.plan_lines import PlanError, planned_units
from llamafleet_roles.services.ports import planned_sockets, port_conflicts, socket_key
from llamafleet_roles.services.stored import digest, names_of, stored_text
from llamafleet_roles.site_data import DataError, read_key, read_seconds

HEALTH_TIMEOUT = 300
"""Seconds that a started process may take to answer: a large model is read from disk first."""


@operation()
def apply(
    plan: HostPlan, names: tuple[str, ...] = (), generation: str = ""
) -> Generator[FunctionCommand, None, None]:
    """Bring a host's files and units to the state of the plan, and keep that as a generation.

    The files that differ are sent in one archive over standard input, validated on the host by
    nginx, systemd and llama-swap themselves, and then moved into place; see files/apply.sh.
    `names` are kept with it; a rollback gives the number of the `generation` that the plan is of.
    """
    try:
        secrets = environment_files(plan, host.data.get("llamafleet_environment", {}))
    except EnvironmentFileError as error:
        yield fail_host(str(error))
        return
    artifacts = (*secrets, *plan.artifacts)
    units = planned_units(plan)
    observed = host.get_fact(
        Services,
        files=tuple(artifact.path for artifact in artifacts),
        units=tuple((unit.name, unit.executable) for unit in units),
        sockets=tuple((each.unit, socket_key(each)) for each in planned_sockets(plan)),
        stores=tuple(each.store for each in plan.services if each.store and each.user != "root"),
        names=names,
    )
    if observed is None:
        yield fail_host(
            "could not read the state of this host's files and units: nothing was changed"
        )
        return
    changes = compare(artifacts, units, observed, partial(_is_kept, plan, names, generation))
    ours = units_freeing_ports(units, changes, observed)
    if conflicts := tuple(port_conflicts(plan, observed.held, ours)):
        yield fail_host("\n".join((*conflicts, "nothing was changed on this host")))
        return
    if not changes:
        host.noop("files and units are up to date")
        return
    for line in changes.lines():
        log_planned(line)
    _show_differences(changes)
    try:
        timeout = read_key(host.data, "llamafleet_health_timeout", read_seconds, HEALTH_TIMEOUT)
        packed = bundle(plan, artifacts, changes, observed, timeout, names, generation)
    except (DataError, PlanError) as error:
        yield fail_host(str(error))
        return
    yield shell_step(apply_command(), stdin=packed)


def _is_kept(
    plan: HostPlan, names: tuple[str, ...], wanted: str, found: Generation | None, there: str
) -> bool:
    """Return True if the current generation of a host is the state that it will have."""
    if found is None:
        return False
    if wanted:
        return found.number == wanted
    return found.plan == digest(stored_text(plan, names)) and found.names == there


def _show_differences(changes: Changes) -> None:
    """With --diff, print the changed lines of world-readable files."""
    public = [each for each in changes.put if _is_public(each)]
    if not state.config.DIFF or not public:
        return
    replaced = tuple(each.path for each in public if each.path not in changes.new)
    texts = host.get_fact(Texts, paths=replaced) if replaced else {}
    for artifact in public:
        before = texts.get(artifact.path, "").splitlines()
        after = artifact.content.splitlines()
        names = (artifact.path, artifact.path)
        for line in difflib.unified_diff(before, after, *names, n=2, lineterm=""):
            host.log(f"    {line}")


def _is_public(artifact: Artifact) -> bool:
    return artifact.mode[-1] in "4567"


@deploy("Services")
def services(plan: HostPlan) -> None:
    """Bring the files and units of a host to the state of the plan."""
    apply(name="Put files and bring units up to date", plan=plan, names=names_of(plan))
