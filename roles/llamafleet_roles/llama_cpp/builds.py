"""Finished builds in the controller's cache: an archive, and a JSON file with its inputs."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from llamafleet.targets.fingerprint import Inputs, read_inputs
from llamafleet_roles import cache


@dataclass(frozen=True, slots=True)
class CachedBuild:
    """An archive of an install directory, and the inputs of the build."""

    archive: Path
    sha256: str
    inputs: Inputs


def archive_path(inputs: Inputs) -> Path:
    """Return the path of a build's archive in the cache."""
    return cache.folder("builds") / f"{inputs.fingerprint}.tar.gz"


def record_build(inputs: Inputs, sha256: str) -> None:
    """Record an archive that is complete; without this record it is ignored."""
    path = archive_path(inputs).with_suffix("").with_suffix(".json")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps({"sha256": sha256, "inputs": asdict(inputs)}, indent=1) + "\n")
    unfinished.replace(path)


def cached_builds() -> tuple[CachedBuild, ...]:
    """Return all recorded archives, the newest first; other files are ignored."""
    notes = sorted(
        cache.folder("builds").glob("[!.]*.json"),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    return tuple(found for found in map(_read, notes) if found)


def cached_build(inputs: Inputs) -> CachedBuild | None:
    """Return an archive with these inputs, or None; an empty `compiler` matches any."""
    return next((found for found in cached_builds() if found.inputs.matches(inputs)), None)


def _read(note: Path) -> CachedBuild | None:
    archive = note.with_suffix(".tar.gz")
    try:
        content = json.loads(note.read_text())
        inputs = read_inputs(json.dumps(content["inputs"]))
        if inputs is None or not archive.is_file():
            return None
        return CachedBuild(archive, str(content["sha256"]), inputs)
    except (OSError, ValueError, KeyError, TypeError):
        return None
