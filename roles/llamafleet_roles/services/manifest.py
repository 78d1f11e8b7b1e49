"""The list of files and units on a host that are ours, kept on the host itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from llamafleet.targets.plan_types import Artifact, Unit


@dataclass(frozen=True, slots=True)
class NotifiedUnits:
    """Which units must notice when a file changes or goes."""

    restarts: tuple[str, ...] = ()
    reloads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """Files with their notices, and units; a unit that came with a package is not `managed`."""

    files: Mapping[str, NotifiedUnits] = field(default_factory=dict)
    units: Mapping[str, bool] = field(default_factory=dict)

    def with_all_of(self, other: Manifest) -> Manifest:
        """Both together: what may be on the host while one is being replaced by the other."""
        return Manifest({**self.files, **other.files}, {**self.units, **other.units})


def manifest_of(artifacts: Iterable[Artifact], units: Iterable[Unit]) -> Manifest:
    """What the host has once the plan is in place."""
    return Manifest(
        {each.path: NotifiedUnits(each.restarts, each.reloads) for each in artifacts},
        {each.name: each.managed for each in units},
    )


def manifest_text(manifest: Manifest) -> str:
    """The manifest as it lies on the host."""
    content = {
        "format": 1,
        "files": {
            path: {"restarts": list(notice.restarts), "reloads": list(notice.reloads)}
            for path, notice in sorted(manifest.files.items())
        },
        "units": {name: {"managed": managed} for name, managed in sorted(manifest.units.items())},
    }
    return json.dumps(content, indent=1) + "\n"


def read_manifest(text: str) -> Manifest | None:
    """The manifest that a host has; None where it cannot be read, as if there were none."""
    try:
        content = json.loads(text)
        return Manifest(
            {
                str(path): NotifiedUnits(tuple(entry["restarts"]), tuple(entry["reloads"]))
                for path, entry in content["files"].items()
            },
            {str(name): bool(entry["managed"]) for name, entry in content["units"].items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
