"""The lines of plan.tsv, which apply.sh reads: files, units and checks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from llamafleet.targets.plan_types import (
    LLAMA_SWAP,
    Artifact,
    HostPlan,
    Probe,
    ServicePlan,
    Socket,
    Unit,
)
from llamafleet_roles.services.changes import Changes, access_of
from llamafleet_roles.services.ports import planned_sockets, socket_key

_ENVIRONMENT_FILE = re.compile(r"^EnvironmentFile=(\S.*)$", re.MULTILINE)
_ENVIRONMENT = re.compile(
    r"^Environment=([A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9_./:@+-]*)$", re.MULTILINE
)


class PlanError(ValueError):
    """A path or name that cannot be written into the plan; the message says which."""


def planned_units(plan: HostPlan) -> tuple[Unit, ...]:
    """Return every unit of a host, once, in start order."""
    found: dict[str, Unit] = {}
    for service in plan.services:
        for unit in service.units:
            found.setdefault(unit.name, unit)
    return tuple(found.values())


def plan_lines(
    plan: HostPlan,
    artifacts: tuple[Artifact, ...],
    staged: Mapping[int, Artifact],
    changes: Changes,
    timeout: int,
) -> Iterator[str]:
    """Yield the lines of the plan; `staged` are the files of the bundle by index.

    `timeout` is in seconds. Raises PlanError.
    """
    for index, artifact in staged.items():
        yield _line(
            "file", str(index), *access_of(artifact).split(" "), artifact.path,
            _listed(artifact.restarts), _listed(artifact.reloads),
        )  # fmt: skip
    yield from _leaving_lines(plan, changes)
    for path in changes.unmanaged:
        yield _line("taken", path)
    for socket in planned_sockets(plan):
        yield _line("socket", socket.unit, socket_key(socket))
    for service in plan.services:
        for probe in service.probes:
            yield _health_line(probe, service, timeout)
        if service.store and service.user != "root":
            yield _line("store", service.user, service.store)
    yield from _check_lines(artifacts, staged, changes)
    for service in plan.services:
        yield from _swap_lines(service, artifacts, staged)


def generation_lines(names: tuple[str, ...], generation: str) -> Iterator[str]:
    """Yield the lines of the names that are kept, and of the generation that a rollback goes to."""
    for name in names:
        yield _line("name", *name.split("\t"))
    if generation:
        yield _line("generation", generation)


def trial_configurations(plan: HostPlan, staged: Mapping[int, Artifact]) -> dict[int, str]:
    """Return the configurations that llama-swap validates, by the index of the staged file."""
    found = {}
    for service in plan.services:
        paths = _tried(service)
        for index, artifact in staged.items():
            if service.trial is not None and artifact.path in paths:
                found[index] = service.trial
    return found


def _tried(service: ServicePlan) -> frozenset[str]:
    """Return the paths of the files that llama-swap validates."""
    return frozenset(
        each.path for each in service.artifacts if each.check and each.check.program == LLAMA_SWAP
    )


def _check_lines(
    artifacts: tuple[Artifact, ...], staged: Mapping[int, Artifact], changes: Changes
) -> Iterator[str]:
    """Yield a line for each folder that a program validates and in which something changes."""
    paths = [artifact.path for artifact in staged.values()] + [path for path, _ in changes.removed]
    checks = dict.fromkeys(each.check for each in artifacts if each.check and each.check.folder)
    for check in filter(None, checks):
        if any(path.startswith(f"{check.folder}/") for path in paths):
            yield _line("check", check.folder, check.program, *check.argv)


def _line(*fields: str) -> str:
    for field in fields:
        if not field or any(char in field for char in "\t\n"):
            raise PlanError(
                f"{field!r} cannot be written to plan.tsv: it is empty or contains a tab or newline"
            )
    return "\t".join(fields) + "\n"


def _listed(names: Iterable[str]) -> str:
    found = tuple(names)
    for name in found:
        if "," in name:
            raise PlanError(f"{name!r} cannot be written to plan.tsv: it contains a comma")
    return ",".join(found) or "-"


def _leaving_lines(plan: HostPlan, changes: Changes) -> Iterator[str]:
    units = planned_units(plan)
    names = {unit.name for unit in units}
    for path, notice in changes.removed:
        reloads = (unit for unit in notice.reloads if unit in names or unit in changes.released)
        restarts = (unit for unit in notice.restarts if unit in names)
        yield _line("gone", path, _listed(restarts), _listed(reloads))
    for unit in units:
        yield _line("unit", unit.name, unit.executable, "ours" if unit.managed else "package")
    for name in changes.released:
        yield _line("unit", name, "-", "leave")
    for name in changes.stop:
        yield _line("stop", name)


def _health_line(probe: Probe, service: ServicePlan, timeout: int) -> str:
    address = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "::": "::1"}
    path = probe.health or "-"
    where = address.get(probe.address, probe.address)
    seconds = timeout if probe.patience is None else min(timeout, probe.patience)
    own = (each for each in service.sockets if (each.unit, each.port) == (probe.unit, probe.port))
    socket = next(own, Socket(probe.unit, probe.address, probe.port))
    return _line(
        "health", probe.unit, where, str(probe.port), path, str(seconds), socket_key(socket)
    )


def _swap_lines(
    service: ServicePlan, artifacts: tuple[Artifact, ...], staged: Mapping[int, Artifact]
) -> Iterator[str]:
    """Yield a line for a llama-swap whose configuration is among the staged files."""
    if service.trial is None:
        return
    units = tuple(f"/etc/systemd/system/{unit.name}" for unit in service.units)
    texts = [each.content for each in artifacts if each.path.startswith(units)]
    files = _listed(_of_unit(_ENVIRONMENT_FILE, texts))
    environment = _listed(each for each in _of_unit(_ENVIRONMENT, texts) if "," not in each)
    ours = _tried(service)
    for index, artifact in staged.items():
        if artifact.path in ours:
            binary = service.units[0].executable
            yield _line("swap", str(index), binary, files, environment, service.user)


def _of_unit(setting: re.Pattern[str], texts: Iterable[str]) -> Iterator[str]:
    """Yield the values of a setting of a unit and its drop-ins, as systemd reads them."""
    for text in texts:
        for value in setting.findall(text):
            yield value.strip().strip('"').replace("%%", "%")
