"""The plan of the host that a deploy is being prepared for."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import host, inventory

from llamafleet import load
from llamafleet.fleet.model import Fleet
from llamafleet.plan import Wiring, plan_host, wire
from llamafleet.targets.plan_types import HostPlan
from llamafleet_roles.site_data import data_problems

_WIRED: dict[str, Wiring] = {}
_CHECKED: set[str] = set()


def current_plan() -> HostPlan:
    """Return the plan of the current host; raise PyinfraError if there is none."""
    fleet, name = current_fleet()
    # What concerns the whole fleet is worked out once, not once for each of its hosts.
    if fleet.path not in _WIRED:
        _WIRED[fleet.path] = wire(fleet)
    return plan_host(fleet, name, _WIRED[fleet.path])


def current_fleet() -> tuple[Fleet, str]:
    """Compile the fleet file that this host's data names (`fleet`); return it with the host's name.

    Inventories derived from a fleet set `fleet` themselves; a hand-written one gives it in its
    group data or with `--data fleet=PATH`, and its host names must be the fleet's.
    """
    path = host.data.get("fleet")
    if not path:
        raise PyinfraError(
            f"no fleet file is known for {host.name}: use an inventory derived from a fleet file "
            "(`llamafleet init` writes one), or give --data fleet=PATH"
        )
    if not Path(str(path)).is_file():
        raise PyinfraError(f"the fleet file of {host.name} does not exist: {path}")
    try:
        fleet = load(str(path))
    except SystemExit as error:
        # pyinfra would not handle an exit while it prepares one host.
        raise PyinfraError(f"{path} has errors, shown above: no host was touched") from error
    name = str(host.data.get("fleet_host", host.name))
    if name not in fleet.hosts:
        known = ", ".join(fleet.hosts) or "no hosts"
        raise PyinfraError(
            f"the inventory has a host {name}, but {path} does not: it has {known}. "
            "Use the same names in both, or set fleet_host in the host's data"
        )
    _check_data(fleet, str(path))
    return fleet, name


def _check_data(fleet: Fleet, path: str) -> None:
    """Raise PyinfraError if the data of any host of this fleet is invalid.

    Hosts that `--limit` leaves out are checked, too.
    """
    if path in _CHECKED:
        return
    found: dict[str, list[str]] = {}
    for each in inventory:
        data = each.data.dict()  # type: ignore[no-untyped-call]
        if str(data.get("fleet")) == path:
            for problem in data_problems(data, fleet.services):
                found.setdefault(problem, []).append(each.name)
    if found:
        lines = (f"  {problem} (for {_few(hosts)})" for problem, hosts in found.items())
        raise PyinfraError(
            "invalid host data (group_data, inventory or --data): no host was touched\n"
            + "\n".join(lines)
        )
    _CHECKED.add(path)


def _few(hosts: list[str]) -> str:
    return (
        ", ".join(hosts)
        if len(hosts) <= 3
        else f"{', '.join(hosts[:2])} and {len(hosts) - 2} others"
    )
