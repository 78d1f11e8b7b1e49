"""The files of every host."""

from __future__ import annotations

from collections.abc import Mapping

from .fleet.model import Fleet
from .plan import plan_fleet
from .targets.plan_types import Artifact


def render(fleet: Fleet) -> Mapping[str, tuple[Artifact, ...]]:
    """Return each host's files; hosts in the order of the fleet file, files by service."""
    return {plan.host: plan.files for plan in plan_fleet(fleet)}
