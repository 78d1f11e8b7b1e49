"""The systemd unit of a service that runs model servers.

What it may not do stands in sandbox.py, with the reason for each exception. Its first commands make
the folders that it writes to, as root and only where they are missing: each command of a unit gets
a view of the file system of its own, and the server's comes after they are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...backends import Backend
from ..writers.systemd_unit import Assignment, Command, Entry, Section, UnitValue, Words, to_unit
from .command import Environment
from .named_paths import is_below
from .needs import LOWEST_FREE_PORT
from .sandbox import Need, sandbox
from .unit_settings import UnitSettings

TEMPORARY = ("/tmp", "/var/tmp")
"""Folders of which a unit sees its own, by PrivateTmp."""

RESTART_STEPS = 5
LONGEST_RESTART_DELAY = 60
"""Seconds: the wait before a restart grows to this, where systemd is 254 or newer."""

UNIT_ENVIRONMENT = (
    ("HOME", "/var/lib/{unit}", "no stray file of a user's is read"),
    ("XDG_CACHE_HOME", "/var/cache/{unit}", "compiled kernels and shaders are kept here"),
)
"""Variables of every unit: name, value with the unit's name to be put in, and the reason."""

OOM_SCORE_ADJUST = 200
"""Where memory runs out, a model server ends before what an operator needs to log in."""

_MAKE = (
    'failed=0; for d do [ -d "$d" ] || '
    'install -d -m 700 -o "$0" -g "$(id -gn "$0")" -- "$d" || failed=1; done; exit $failed'
)
_CHECK = (
    'for d do [ -w "$d" ] || { echo "$d is not writable by $(id -un): '
    'give it to that user, or name another folder" >&2; exit 1; }; done'
)


@dataclass(frozen=True, slots=True)
class Process:
    """One unit's main process and what it needs around it.

    `writes` are folders without which it does not start, `may_write` those without which only some
    of its models do not; both are absolute. `reads` are absolute paths that must be visible.
    `memory_max` is in bytes, None where it is not known what the process takes.
    """

    unit: str
    description: str
    argv: tuple[str, ...]
    port: int
    environment: Environment = ()
    requires: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    may_write: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    stop_seconds: int = 45
    survives_oom: bool = False
    environment_files: tuple[str, ...] = ()
    needs: frozenset[Need] = frozenset()
    memory_max: int | None = None


def state_folder(unit: str) -> str:
    """Return the working directory of a unit, which its user owns: `/var/lib/llama-swap-voice`."""
    return f"/var/lib/{unit.removesuffix('.service')}"


def unit_of(process: Process, unit_settings: UnitSettings, stack: Backend | None) -> str:
    """Return the unit file."""
    return to_unit(
        (
            Section("Unit", _unit(process)),
            Section(
                "Service",
                (
                    *_service(process, unit_settings, stack),
                    *_restarts(unit_settings),
                    *_memory(process),
                    *_capabilities(process),
                    *sandbox(process.needs),
                    *_visible_paths(process),
                ),
            ),
            Section("Install", (("WantedBy", "multi-user.target"),)),
        ),
        header=("Managed by llamafleet: edits here are overwritten.",),
    )


def _unit(process: Process) -> tuple[tuple[str, UnitValue], ...]:
    needs: tuple[tuple[str, UnitValue], ...] = ()
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
    process: Process, unit_settings: UnitSettings, stack: Backend | None
) -> tuple[tuple[str, UnitValue], ...]:
    settings: list[tuple[str, UnitValue]] = [("Type", "exec"), ("User", unit_settings.user)]
    if unit_settings.group:
        settings.append(("Group", unit_settings.group))
    if stack and stack.groups:
        settings.append(("SupplementaryGroups", Words(stack.groups)))
    name = process.unit.removesuffix(".service")
    settings += [
        ("StateDirectory", name),
        ("CacheDirectory", name),
        ("WorkingDirectory", state_folder(process.unit)),
    ]
    for variable, value, _ in UNIT_ENVIRONMENT:
        settings.append(("Environment", Assignment(variable, value.format(unit=name))))
    settings += [("Environment", Assignment(*each)) for each in process.environment]
    settings += [("EnvironmentFile", path) for path in process.environment_files]
    if unit_settings.environment_file:
        settings.append(("EnvironmentFile", unit_settings.environment_file))
    settings += _folders(process, unit_settings.user)
    if stack and stack.before_start:
        settings.append(("ExecStartPre", Command(stack.before_start, prefix="-+")))
    settings += [
        ("ExecStart", Command(process.argv)),
        # The main process gets SIGTERM and ends its children; after the time, all are killed.
        ("KillMode", "mixed"),
        ("TimeoutStopSec", process.stop_seconds),
        ("LimitMEMLOCK", "infinity"),
        ("LimitNOFILE", 65536),
    ]
    return tuple(settings)


def _folders(process: Process, user: str) -> Iterator[tuple[str, UnitValue]]:
    """Commands that make missing folders, and stop with a reason where one is not writable."""
    if process.writes:
        yield "ExecStartPre", _script(_MAKE, user, process.writes, prefix="+")
        yield "ExecStartPre", _script(_CHECK, "check", process.writes)
    if process.may_write:
        yield "ExecStartPre", _script(_MAKE, user, process.may_write, prefix="-+")


def _script(text: str, name: str, arguments: tuple[str, ...], prefix: str = "") -> Command:
    return Command(("/bin/sh", "-c", text, name, *arguments), prefix=prefix)


def _restarts(unit_settings: UnitSettings) -> Iterator[tuple[str, UnitValue]]:
    yield "Restart", unit_settings.restart
    yield "RestartSec", unit_settings.restart_sec
    if unit_settings.restart != "no" and unit_settings.restart_sec < LONGEST_RESTART_DELAY:
        yield "RestartSteps", RESTART_STEPS
        yield "RestartMaxDelaySec", LONGEST_RESTART_DELAY


def _memory(process: Process) -> Iterator[tuple[str, UnitValue]]:
    if process.survives_oom:
        yield "OOMPolicy", "continue"
    yield "OOMScoreAdjust", OOM_SCORE_ADJUST
    if process.memory_max is not None:
        yield "MemoryMax", process.memory_max


def _capabilities(process: Process) -> Iterator[tuple[str, UnitValue]]:
    if Need.CONTAINERS in process.needs:
        return
    low = process.port < LOWEST_FREE_PORT
    yield "CapabilityBoundingSet", "CAP_NET_BIND_SERVICE" if low else ""
    if low:
        yield "AmbientCapabilities", "CAP_NET_BIND_SERVICE"


def _visible_paths(process: Process) -> Iterator[Entry]:
    """Folders to write to, and paths of the host's /tmp: the unit has a /tmp of its own.

    Missing ones are passed over (`-`): the command that makes them gets this view, too.
    """
    writes = dict.fromkeys((*process.writes, *process.may_write))
    kept = tuple(f"-{each}" for each in writes if not _is_temporary(each))
    shown = tuple(f"-{each}" for each in writes if _is_temporary(each))
    reads = tuple(f"-{each}" for each in dict.fromkeys(process.reads) if _is_temporary(each))
    for setting, paths in (
        ("ReadWritePaths", kept),
        ("BindPaths", shown),
        ("BindReadOnlyPaths", reads),
    ):
        if paths:
            yield setting, Words(paths)


def _is_temporary(path: str) -> bool:
    # A colon would part the path here from another one there.
    return is_below(path, TEMPORARY) and ":" not in path
