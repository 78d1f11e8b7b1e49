"""The files of every host, and their tree on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from .fleet.model import Fleet
from .plan import plan_fleet
from .targets.plan_types import Artifact


def render(fleet: Fleet) -> Mapping[str, tuple[Artifact, ...]]:
    """Each host's files, in the order of the hosts and their services."""
    return {plan.host: plan.artifacts for plan in plan_fleet(fleet)}


def write_tree(fleet: Fleet, folder: Path) -> Iterator[Path]:
    """Write each host's files under `folder`, shaped like the host's root."""
    for host, artifacts in render(fleet).items():
        for artifact in artifacts:
            path = folder / host / artifact.path.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(artifact.content, encoding="utf-8", newline="\n")
            yield path
