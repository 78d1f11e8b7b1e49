"""Finished builds in the controller's cache: an archive, and a JSON file with its inputs."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from llamafleet.targets.fingerprint import Inputs, manifest_text, read_inputs
from llamafleet_roles import cache


@dataclass(frozen=True, slots=True)
class CachedBuild:
    """An archive of an install directory, and the inputs of the build.

    `sums` is the SHA-256 of its list of files, as it was recorded when the build was made.
    """

    archive: Path
    sha256: str
    sums: str
    inputs: Inputs


def archive_path(inputs: Inputs) -> Path:
    """Return the path of a build's archive in the cache."""
    return cache.folder("builds") / f"{inputs.fingerprint}.tar.gz"


def record_build(inputs: Inputs, sha256: str, sums: str) -> None:
    """Record an archive that is complete; without this record it is ignored."""
    path = archive_path(inputs).with_suffix("").with_suffix(".json")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(manifest_text(inputs, {"sha256": sha256, "sums": sums}))
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


def drop_if_damaged(cached: CachedBuild, say: Callable[[str], None]) -> bool:
    """Return True if an archive is not what was recorded; it is deleted then."""
    found = cache.sha256_of(cached.archive)
    if found == cached.sha256:
        return False
    say(
        f"{cached.archive} is damaged (SHA-256 {found[:12]}…, recorded as {cached.sha256[:12]}…): "
        "deleted it, and the build is made again"
    )
    cached.archive.with_suffix("").with_suffix(".json").unlink(missing_ok=True)
    cached.archive.unlink(missing_ok=True)
    return True


def archive_problem(archive: Path, sums: str) -> str | None:
    """Return why the files of an archive are not those of a list with this SHA-256, else None.

    The list is SHA256SUMS in the archive: `HASH  NAME` a line, links as `# link NAME TARGET`.
    """
    found: dict[str, str] = {}
    listed: bytes | None = None
    try:
        with tarfile.open(archive, "r:gz") as opened:
            for member in opened:
                name = member.name.removeprefix("./")
                if member.isdir() and name in ("", "."):
                    continue
                if not (member.isfile() or member.issym()) or "/" in name:
                    return f"{member.name} is neither a plain file nor a link"
                stream = opened.extractfile(member) if member.isfile() else None
                if stream is None:
                    found[name] = f"# link {name} {member.linkname}"
                elif name == "SHA256SUMS":
                    listed = stream.read()
                else:
                    found[name] = f"{_sha256(stream)}  {name}"
    except (OSError, EOFError, tarfile.TarError) as error:
        return f"it cannot be read: {error}"
    if listed is None or hashlib.sha256(listed).hexdigest() != sums:
        return "its list of files is not the one that was recorded when it was built"
    wanted = listed.decode("utf-8", "replace").splitlines()
    if sorted(wanted) != sorted(found.values()):
        odd = sorted(set(wanted) ^ set(found.values()))[0].rsplit("  ", 1)[-1]
        return f"{odd} is not as its list of files says"
    return None


def _sha256(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _read(note: Path) -> CachedBuild | None:
    archive = note.with_suffix(".tar.gz")
    try:
        text = note.read_text()
        content, inputs = json.loads(text), read_inputs(text)
        if inputs is None or not archive.is_file():
            return None
        return CachedBuild(archive, str(content["sha256"]), str(content["sums"]), inputs)
    except (OSError, ValueError, KeyError, TypeError):
        return None
