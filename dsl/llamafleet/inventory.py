"""pyinfra's inventory, derived from a fleet: groups of hosts, and how each is reached.

Only plain data is made here; an inventory file puts it where pyinfra looks for it:

    globals().update(pyinfra_groups(load(FLEET)))
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .fleet.model import Fleet, Host

Groups = dict[str, list[tuple[str, dict[str, Any]]]]

_RESERVED = frozenset({"all"})


def pyinfra_groups(fleet: Fleet) -> Groups:
    """Return hosts by group: `all` first, then one per GPU vendor, service and `groups`.

    A dash is an underscore in a group's name, so that it can be the name of a group_data file.
    Services and groups with the same name make one group.
    """
    data = {name: _host_data(host, fleet.path) for name, host in fleet.hosts.items()}
    groups: dict[str, list[str]] = {}
    for name, host in fleet.hosts.items():
        for vendor in dict.fromkeys(gpu.vendor for gpu in host.gpus):
            groups.setdefault(group_name(vendor), []).append(name)
        for group in host.groups:
            groups.setdefault(group_name(group), []).append(name)
    for service in fleet.services.values():
        groups.setdefault(group_name(service.name), []).extend(service.hosts)
    found: Groups = {"all": [(name, data[name]) for name in fleet.hosts]}
    for group, names in groups.items():
        if group not in _RESERVED:
            found[group] = [(name, data[name]) for name in dict.fromkeys(names) if name in data]
    return found


def group_name(text: str) -> str:
    """Return a name that pyinfra takes from a variable: `gpu-hosts` becomes `gpu_hosts`."""
    name = re.sub(r"\W", "_", text)
    return name if name[:1].isalpha() else "group_" + name.lstrip("_")


def _host_data(host: Host, fleet_path: str) -> dict[str, Any]:
    ssh = host.ssh
    given: Mapping[str, Any] = {
        "ssh_hostname": host.address,
        "ssh_user": ssh.user,
        "ssh_port": ssh.port,
        "ssh_key": _expanded(ssh.key),
        "ssh_config_file": _expanded(ssh.config),
        "ssh_known_hosts_file": _expanded(ssh.known_hosts),
        # A known_hosts file that somebody made is complete; otherwise a new host is remembered.
        "ssh_strict_host_key_checking": "yes" if ssh.known_hosts else "accept-new",
        "fleet": str(Path(fleet_path).resolve()),
        "_sudo": ssh.sudo and ssh.user != "root",
    }
    return {key: value for key, value in given.items() if value is not None}


def _expanded(path: str | None) -> str | None:
    return None if path is None else str(Path(path).expanduser())
