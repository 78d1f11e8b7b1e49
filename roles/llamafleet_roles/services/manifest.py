"""The list of files and units that llamafleet manages on a host, kept on the host itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from llamafleet.targets.plan_types import Artifact, Unit


@dataclass(frozen=True, slots=True)
class NotifiedUnits:
    """The units to restart and to reload when a file changes or is removed."""

    restarts: tuple[str, ...] = ()
    reloads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The managed files, and the units; the value of a unit is False if it belongs to a package."""

    files: Mapping[str, NotifiedUnits] = field(default_factory=dict)
    units: Mapping[str, bool] = field(default_factory=dict)

    def with_all_of(self, other: Manifest) -> Manifest:
        """Return both together: what may be on the host while one replaces the other."""
        return Manifest({**self.files, **other.files}, {**self.units, **other.units})


def manifest_of(artifacts: Iterable[Artifact], units: Iterable[Unit]) -> Manifest:
    """Return the manifest of a host on which the plan is in place."""
    return Manifest(
        {each.path: NotifiedUnits(each.restarts, each.reloads) for each in artifacts},
        {each.name: each.managed for each in units},
    )


def manifest_text(manifest: Manifest) -> str:
    """Render the manifest as JSON, as it is on the host."""
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
    """Parse the manifest of a host; return None if it is invalid, as if there were none."""
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
