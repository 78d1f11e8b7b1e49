"""Environment files for systemd units: values from inventory data, never from the fleet file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llamafleet.plan_types import CONFIG, Artifact, HostPlan

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Inside double quotes systemd takes these four literally only after a backslash.
_ESCAPED = str.maketrans({char: f"\\{char}" for char in '\\"`$'})


class EnvironmentFileError(ValueError):
    """The inventory's `llamafleet_environment` is not what it should be; the message says why."""


def environment_text(values: Mapping[str, Any]) -> str:
    """The file's text; each value is quoted so that systemd reads back exactly what was given."""
    lines = ["# Managed by llamafleet from inventory data: edits here are overwritten."]
    for name, value in values.items():
        if not _NAME.match(str(name)):
            raise EnvironmentFileError(f"{name!r} cannot be the name of an environment variable")
        text = str(value)
        if "\0" in text:
            raise EnvironmentFileError(f"the value of {name} holds a NUL character")
        lines.append(f'{name}="{text.translate(_ESCAPED)}"')
    return "\n".join(lines) + "\n"


def environment_files(plan: HostPlan, given: object) -> tuple[Artifact, ...]:
    """One file of mode 600 for each service of this host that `given` (service -> values) names.

    Group data may hold the values of services that run elsewhere; those are left alone.
    """
    if not isinstance(given, Mapping):
        raise EnvironmentFileError("llamafleet_environment must be {service: {NAME: value}}")
    found = []
    for service in plan.services:
        values = given.get(service.name)
        if values is None:
            continue
        if not isinstance(values, Mapping):
            raise EnvironmentFileError(
                f"llamafleet_environment[{service.name!r}] must be {{NAME: value}}"
            )
        found.append(
            Artifact(
                path=f"{CONFIG}/{service.name}.env",
                content=environment_text(values),
                mode="600",
                restarts=tuple(unit.name for unit in service.units if unit.managed),
            )
        )
    return tuple(found)
