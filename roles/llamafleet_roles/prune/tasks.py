"""Show what nothing refers to, and remove it if asked."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.operation import operation
from pyinfra.context import host

from llamafleet.targets.plan_types import HostPlan
from llamafleet_roles.commands import fail_host, shell_step
from llamafleet_roles.prune.facts import KINDS, UnusedPaths, planned_names, prune_command
from llamafleet_roles.site_data import DataError, read_key, read_switch


@operation()
def remove_unused(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """List builds, releases and work folders that nothing refers to; remove them if asked.

    What a process runs, a kept generation names or the fleet file has for this host stays.
    """
    try:
        wanted = read_key(host.data, "llamafleet_prune", read_switch, False)
    except DataError as error:
        yield fail_host(str(error))
        return
    names = planned_names(plan)
    unused = host.get_fact(UnusedPaths, names=names)
    if unused is None:
        yield fail_host("could not look for unused builds on this host: nothing was removed")
        return
    if not unused:
        host.noop("nothing is unused")
        return
    for each in unused:
        kind = KINDS.get(each.kind, each.kind)
        host.log(f"unused: {each.path} ({each.kilobytes / 1000:.0f} MB), {kind}")
    total = sum(each.kilobytes for each in unused) / 1000
    if not wanted:
        host.log(f"{total:.0f} MB in all; remove them with --data llamafleet_prune=yes")
        return
    yield shell_step(prune_command(names, "remove"), show=False)
    host.log(f"removed {total:.0f} MB")


@deploy("Prune")
def prune(plan: HostPlan) -> None:
    """Remove what nothing refers to, if asked; else only show it."""
    remove_unused(name="Remove what nothing refers to", plan=plan)
