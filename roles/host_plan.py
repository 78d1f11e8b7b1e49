"""The plan of the host that a deploy is being prepared for."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import host

from llamafleet import load
from llamafleet.fleet.model import Fleet
from llamafleet.plan import Wiring, plan_host, wire
from llamafleet.plan_types import HostPlan

_WIRED: dict[str, Wiring] = {}


def current_plan() -> HostPlan:
    """The plan of this host."""
    fleet, name = current_fleet()
    # The whole fleet is looked at once, not once for each of its hosts.
    if fleet.path not in _WIRED:
        _WIRED[fleet.path] = wire(fleet)
    return plan_host(fleet, name, _WIRED[fleet.path])


def current_fleet() -> tuple[Fleet, str]:
    """Compile the fleet file that this host's data names (`fleet`), and say which host this is.

    Inventories derived from a fleet set `fleet` themselves; a hand-written one gives it in its
    group data or with `--data fleet=PATH`, and its host names must be the fleet's.
    """
    path = host.data.get("fleet")
    if not path:
        raise PyinfraError(
            f"no fleet file is known for {host.name}: use an inventory derived from a fleet file "
            "(inventories/example/hosts.py), or give --data fleet=PATH"
        )
    if not Path(str(path)).is_file():
        raise PyinfraError(f"the fleet file of {host.name} does not exist: {path}")
    try:
        fleet = load(str(path))
    except SystemExit as error:
        # An exit inside one host's preparation would not reach pyinfra in order.
        raise PyinfraError(f"{path} has errors, shown above: no host was touched") from error
    name = str(host.data.get("fleet_host", host.name))
    if name not in fleet.hosts:
        known = ", ".join(fleet.hosts) or "no hosts"
        raise PyinfraError(
            f"the inventory has a host {name}, but {path} does not: it has {known}. "
            "Use the same names in both, or set fleet_host in the host's data"
        )
    return fleet, name
