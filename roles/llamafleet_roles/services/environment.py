"""Environment files of services: values from inventory data, never from the fleet file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from llamafleet.targets.paths import CONFIG
from llamafleet.targets.plan_types import Artifact, HostPlan, ServicePlan
from llamafleet_roles.environment import EnvironmentFileError, environment_text


def environment_files(plan: HostPlan, environment: object) -> tuple[Artifact, ...]:
    """Return a file of mode 600, and drop-ins that read it, for each service in `environment`.

    `environment` maps services to {NAME: value}. Services of other hosts are ignored. Raises
    EnvironmentFileError.
    """
    if not isinstance(environment, Mapping):
        raise EnvironmentFileError("llamafleet_environment must be {service: {NAME: value}}")
    found: list[Artifact] = []
    for service in plan.services:
        values = environment.get(service.name)
        if values is None:
            continue
        if not isinstance(values, Mapping):
            raise EnvironmentFileError(
                f"llamafleet_environment[{service.name!r}] must be {{NAME: value}}"
            )
        found += _files(service, environment_text(values))
    return tuple(found)


def drop_in(unit: str) -> str:
    """Return the path of the drop-in that names a unit's environment file."""
    return f"/etc/systemd/system/{unit}.d/llamafleet-environment.conf"


def _files(service: ServicePlan, text: str) -> Iterator[Artifact]:
    path = f"{CONFIG}/{service.name}.env"
    units = tuple(unit.name for unit in service.units if unit.managed)
    yield Artifact(path, text, mode="600", restarts=units)
    for unit in units:
        lines = ("# Managed by llamafleet.", "[Service]", f"EnvironmentFile={path}")
        yield Artifact(drop_in(unit), "\n".join(lines) + "\n", restarts=(unit,))
