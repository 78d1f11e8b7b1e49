"""Print `gpu` and `host` blocks of a host, and what serves there already. Changes nothing."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.operation import operation
from pyinfra.context import host

from llamafleet.machine.blocks import described
from llamafleet_roles.base.facts import Machine
from llamafleet_roles.commands import fail_host

# Hosts are looked at one after another; a kind of card is printed with the first that has it.
_KNOWN: dict[str, str] = {}

# pyinfra asks an operation once while it detects changes and once while it makes them; with -y or
# --dry only one of the two.
_SHOWN: set[str] = set()


@operation(is_idempotent=False)
def describe() -> Generator[FunctionCommand, None, None]:
    """Print a host's blocks on standard output, where pyinfra prints nothing itself."""
    machine = host.get_fact(Machine)
    if machine is None:
        yield fail_host("could not run the probe on this host: is there a shell at /bin/sh?")
        return
    if host.name not in _SHOWN:
        _SHOWN.add(host.name)
        name = host.name.removeprefix("@ssh/").removeprefix("@")
        address = host.data.get("ssh_hostname") or (name if host.name.startswith("@ssh/") else None)
        print(described(name, machine, _KNOWN, address), flush=True)
    host.noop("nothing is changed")


@deploy("Discover")
def discover() -> None:
    """Look at a host; works for hosts of a fleet and for any that pyinfra reaches."""
    describe(name="Look at the machine")
