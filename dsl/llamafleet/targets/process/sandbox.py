"""The sandbox of a unit, as data: each setting, and the needs for which it is lifted.

A service that needs more than its sandbox gives loses the settings that stand in its way and keeps
all others. Unit files and docs/hardening.md repeat the reasons that are given here.

The filter of system calls answers EPERM instead of killing: a driver or library that tries a call
to see whether it may, falls back. `@resources` stays allowed, for `cpu-mask`, `prio` and `numa`.
/proc stays whole but for other users' processes: drivers read /proc/driver, llama-swap /proc/stat.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from ..writers.systemd_unit import Comment, Entry, UnitValue, Words


class Need(Enum):
    """A need of a service beyond CPU, files and network; the value describes it."""

    DEVICES = "it computes on GPUs"
    CODE = "its build has a library that compiles code while it runs"
    PROGRAMS = "it starts programs that are not llamafleet's"
    CONTAINERS = "its commands start containers by themselves"
    LOW_PORT = "it listens on a port below 1024"
    OTHER_USER = "its user is not llamafleet's own"


@dataclass(frozen=True, slots=True)
class Protection:
    """One setting of the sandbox; `lifted` says why a need takes it away."""

    setting: str
    value: UnitValue
    lifted: Mapping[Need, str] = field(default_factory=dict)


_LATE_DRIVER = "it would hide devices whose driver loads later, as nvidia-uvm does"
_RUNTIME = {Need.CONTAINERS: "a container runtime makes namespaces, mounts and users itself"}
_SETUID = {Need.CONTAINERS: "beside it systemd 252 takes away what setuid programs may do"}

SANDBOX: tuple[Protection, ...] = (
    Protection(
        "NoNewPrivileges", True, {Need.CONTAINERS: "newuidmap and newgidmap are setuid programs"}
    ),
    Protection("ProtectSystem", "strict"),
    Protection("ProtectHome", "read-only"),
    Protection("PrivateTmp", True),
    Protection("PrivateMounts", True),
    Protection(
        "PrivateDevices",
        True,
        {Need.DEVICES: _LATE_DRIVER, Need.CONTAINERS: "containers need /dev/fuse and /dev/net/tun"},
    ),
    Protection(
        "PrivateUsers",
        True,
        {Need.LOW_PORT: "the right to take the port counts only in the host's own namespace"}
        | _RUNTIME,
    ),
    Protection("ProtectClock", True, {Need.DEVICES: _LATE_DRIVER} | _SETUID),
    Protection("ProtectKernelTunables", True, _RUNTIME),
    Protection("ProtectKernelModules", True, _SETUID),
    Protection("ProtectKernelLogs", True, _RUNTIME),
    Protection("ProtectControlGroups", True, _RUNTIME),
    Protection("ProtectHostname", True, _RUNTIME),
    Protection("ProtectProc", "invisible", _RUNTIME),
    Protection("LockPersonality", True, _RUNTIME),
    Protection(
        "MemoryDenyWriteExecute",
        True,
        {
            Need.DEVICES: "GPU drivers compile kernels while they run",
            Need.CODE: "a library compiles code while it runs",
            Need.PROGRAMS: "interpreters and their compilers write code while they run",
        },
    ),
    Protection(
        "RemoveIPC",
        True,
        {Need.OTHER_USER: "it would remove what other processes of that user share"},
    ),
    Protection("RestrictNamespaces", True, _RUNTIME),
    Protection("RestrictRealtime", True, _SETUID),
    Protection("RestrictSUIDSGID", True, _RUNTIME),
    Protection(
        "RestrictAddressFamilies",
        Words(("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK")),
        _SETUID,
    ),
    Protection("SystemCallArchitectures", "native", _SETUID),
    Protection("SystemCallFilter", "@system-service", _RUNTIME),
    Protection("SystemCallFilter", "~@privileged", _RUNTIME),
    Protection("SystemCallErrorNumber", "EPERM", _RUNTIME),
    Protection("UMask", "0077"),
)


def sandbox(needs: Collection[Need]) -> Iterator[Entry]:
    """Yield the settings that these needs leave, then a comment for each reason to lift others."""
    for each in SANDBOX:
        if not any(need in needs for need in each.lifted):
            yield each.setting, each.value
    for reason, names in lifted(needs).items():
        yield Comment(f"No {', '.join(names)}: {reason}.")


def lifted(needs: Collection[Need]) -> Mapping[str, tuple[str, ...]]:
    """Return the names of lifted settings by the reason, each setting under its first reason."""
    found: dict[str, dict[str, None]] = {}
    for each in SANDBOX:
        reasons = (reason for need, reason in each.lifted.items() if need in needs)
        reason = next(reasons, None)
        if reason is not None:
            found.setdefault(reason, {})[each.setting] = None
    return {reason: tuple(names) for reason, names in found.items()}
