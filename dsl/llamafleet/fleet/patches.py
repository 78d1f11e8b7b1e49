"""The patches of builds: files beside the fleet file, known by the SHA-256 of their bytes."""

from __future__ import annotations

from hashlib import sha256

from ..dataclasses import replace
from ..diagnostics.model import Diagnostics
from ..language.reading import Read, reason
from .model import Build, Fleet, Patch


def with_patches(fleet: Fleet, read: Read, diagnostics: Diagnostics) -> Fleet:
    """Return the fleet with the checksum of each patch; report those that cannot be read."""
    builds = {
        name: replace(build, patches=_read(build, read, diagnostics)) if build.patches else build
        for name, build in fleet.builds.items()
    }
    return replace(fleet, builds=builds)


def _read(build: Build, read: Read, diagnostics: Diagnostics) -> tuple[Patch, ...]:
    found = []
    for patch in build.patches:
        try:
            digest = sha256(read(patch.path)).hexdigest()
        except (OSError, ValueError) as error:
            message = f'cannot read the patch "{patch.path}": {reason(error)}'
            span = build.spans.get("patches", build.origin)
            hint = "put the file there, or remove it from patches"
            diagnostics.error("unreadable-file", message, span, hint=hint)
        else:
            found.append(replace(patch, sha256=digest))
    return tuple(found)
