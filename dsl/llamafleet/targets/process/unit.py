"""The systemd unit of a service that runs model servers: hardened, but able to see its GPUs.

What is left out is left out for a reason. `PrivateDevices=`, `ProtectClock=` and `DeviceAllow=` all
make systemd filter devices by what exists when the unit starts: a GPU driver that loads later, as
nvidia-uvm does, would stay out of reach, and llama.cpp would quietly compute on the CPU. So devices
are hidden only from builds that use none. `MemoryDenyWriteExecute=` breaks the just-in-time
compilers of CUDA and Mesa. `ProcSubset=` hides /proc/driver/nvidia. A filter of system calls waits
until somebody has watched every vendor's driver under one.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...backends import Backend
from ...writers.systemd_unit import Assignment, Command, Section, Setting, Words, to_unit
from .command import Environment
from .running import Running


@dataclass(frozen=True, slots=True)
class Process:
    """One unit's main process and what it needs around it."""

    unit: str
    description: str
    argv: tuple[str, ...]
    port: int
    environment: Environment = ()
    requires: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    stop_seconds: int = 45
    survives_oom: bool = False
    devices: bool = True
    environment_files: tuple[str, ...] = ()


def unit_of(process: Process, running: Running, stack: Backend | None) -> str:
    """The unit file."""
    return to_unit(
        (
            Section("Unit", _unit(process)),
            Section(
                "Service",
                (*_service(process, running, stack), *_sandbox(process)),
            ),
            Section("Install", (("WantedBy", "multi-user.target"),)),
        ),
        header=("Managed by llamafleet: edits here are overwritten.",),
    )


def _unit(process: Process) -> tuple[tuple[str, Setting], ...]:
    needs: tuple[tuple[str, Setting], ...] = ()
    if process.requires:
        needs = (("Requires", Words(process.requires)),)
    return (
        ("Description", process.description),
        ("Wants", "network-online.target"),
        ("After", Words(("network-online.target", *process.requires))),
        *needs,
        # Loading a model may fail for a long while, for example until a disk is mounted.
        ("StartLimitIntervalSec", 0),
    )


def _service(
    process: Process, running: Running, stack: Backend | None
) -> tuple[tuple[str, Setting], ...]:
    settings: list[tuple[str, Setting]] = [("Type", "exec"), ("User", running.user)]
    if running.group:
        settings.append(("Group", running.group))
    if stack and stack.groups:
        settings.append(("SupplementaryGroups", Words(stack.groups)))
    name = process.unit.removesuffix(".service")
    settings += [
        ("StateDirectory", name),
        ("CacheDirectory", name),
        ("WorkingDirectory", f"/var/lib/{name}"),
        # Compiled kernels and shaders are kept here, and no stray file of a user's is read.
        ("Environment", Assignment("HOME", f"/var/lib/{name}")),
        ("Environment", Assignment("XDG_CACHE_HOME", f"/var/cache/{name}")),
    ]
    settings += [("Environment", Assignment(*each)) for each in process.environment]
    settings += [("EnvironmentFile", path) for path in process.environment_files]
    if running.environment_file:
        settings.append(("EnvironmentFile", running.environment_file))
    if stack and stack.before_start:
        settings.append(("ExecStartPre", Command(stack.before_start, prefix="-+")))
    settings += [
        ("ExecStart", Command(process.argv)),
        ("Restart", running.restart),
        ("RestartSec", running.restart_sec),
        # The main process gets SIGTERM and ends its children; after the time, all are killed.
        ("KillMode", "mixed"),
        ("TimeoutStopSec", process.stop_seconds),
        ("LimitMEMLOCK", "infinity"),
        ("LimitNOFILE", 65536),
    ]
    if process.survives_oom:
        settings.append(("OOMPolicy", "continue"))
    return tuple(settings)


def _sandbox(process: Process) -> tuple[tuple[str, Setting], ...]:
    settings: list[tuple[str, Setting]] = [
        ("NoNewPrivileges", True),
        ("CapabilityBoundingSet", "" if process.port >= 1024 else "CAP_NET_BIND_SERVICE"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "read-only"),
        ("PrivateTmp", True),
        ("PrivateDevices", not process.devices),
        ("ProtectKernelTunables", True),
        ("ProtectKernelModules", True),
        ("ProtectKernelLogs", True),
        ("ProtectControlGroups", True),
        ("ProtectHostname", True),
        ("LockPersonality", True),
        ("RestrictNamespaces", True),
        ("RestrictSUIDSGID", True),
        ("RestrictAddressFamilies", Words(("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"))),
        ("SystemCallArchitectures", "native"),
        ("UMask", "0077"),
    ]
    if process.port < 1024:
        settings.insert(2, ("AmbientCapabilities", "CAP_NET_BIND_SERVICE"))
    if process.writes:
        settings.append(("ReadWritePaths", Words(process.writes)))
    return tuple(settings)
