"""Finished builds in the controller's cache: an archive, and beside it what went into it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from llamafleet.targets.fingerprint import Inputs, read_inputs
from llamafleet_roles import cache


@dataclass(frozen=True, slots=True)
class CachedBuild:
    """An archive of an install directory."""

    archive: Path
    sha256: str
    inputs: Inputs


def archive_path(inputs: Inputs) -> Path:
    """Where the archive of a build belongs."""
    return cache.folder("builds") / f"{inputs.fingerprint}.tar.gz"


def record_build(inputs: Inputs, sha256: str) -> None:
    """Note an archive that has arrived whole; without this note it does not count."""
    path = archive_path(inputs).with_suffix("").with_suffix(".json")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps({"sha256": sha256, "inputs": asdict(inputs)}, indent=1) + "\n")
    unfinished.replace(path)


def cached_builds() -> tuple[CachedBuild, ...]:
    """All archives, the newest first; whatever else lies there is passed over."""
    notes = sorted(
        cache.folder("builds").glob("[!.]*.json"),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    return tuple(found for found in map(_read, notes) if found)


def cached_build(inputs: Inputs) -> CachedBuild | None:
    """An archive of this very build; any compiler's where none is known."""
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
