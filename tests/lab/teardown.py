"""Tearing a lab down by the names that all its parts carry: in any state, any number of times."""

from __future__ import annotations

from . import cgroup, network, nspawn, packages, record
from .mounts import delete_tree
from .paths import cgroup_name, lab_directory, labs_directory, locked
from .shell import LabError


def tear_down(lab_id: str) -> None:
    """Remove a lab's processes, mounts, cgroups, links, rules and files; repeating is no error."""
    # The owner and the watch may both come; the second finds nothing.
    with locked(labs_directory() / "teardown.lock"):
        numbers = range(1, 1 + _host_count(lab_id))
        for number in numbers:
            cgroup.remove(cgroup_name(lab_id, number))
            nspawn.forget(lab_id, number)
        network.remove(lab_id)
        _keep_packages(lab_id)
        delete_tree(lab_directory(lab_id))


def sweep() -> tuple[str, ...]:
    """Tear down every lab whose owner is gone; their ids."""
    swept = []
    for lab_id in record.lab_ids():
        try:
            stale = record.load(lab_id).stale()
        except LabError:
            # Claimed a moment ago and not yet recorded, or damaged: `down --all` removes it.
            continue
        if stale:
            tear_down(lab_id)
            swept.append(lab_id)
    return tuple(swept)


def _host_count(lab_id: str) -> int:
    """As many hosts as have a directory; each has one before it has anything else."""
    hosts = lab_directory(lab_id) / "hosts"
    return len(list(hosts.iterdir())) if hosts.is_dir() else 0


def _keep_packages(lab_id: str) -> None:
    try:
        hosts = record.load(lab_id).hosts
        for host in hosts:
            packages.keep(host.root.parent / "upper", host.spec.suite)
    except (LabError, OSError):
        # The cache is a convenience: a full disk must not keep a lab from being torn down.
        return
