"""The archive for apply.sh: the plan, the files that differ, the manifests."""

from __future__ import annotations

import base64
import gzip
import io
import tarfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from llamafleet.targets.paths import STATE
from llamafleet.targets.plan_types import Artifact, HostPlan
from llamafleet_roles.commands import command_line
from llamafleet_roles.operator import operator_name
from llamafleet_roles.services.changes import Changes
from llamafleet_roles.services.facts import HostState
from llamafleet_roles.services.manifest import Manifest, manifest_of, manifest_text
from llamafleet_roles.services.plan_lines import (
    generation_lines,
    plan_lines,
    planned_units,
    trial_configurations,
)
from llamafleet_roles.services.stored import stored_text

FILES = Path(__file__).parent / "files"
SCRIPTS = ("apply", "functions", "ports", "record", "check", "health", "units", "generation")

# One rollout at a time; the staging folder belongs to the holder of the lock. sh keeps the lock
# (descriptor 9) until apply.sh ends, even if the connection is lost.
_UNPACK = """
umask 077
trap '' HUP PIPE
state=$1
mkdir -p -m 711 "$state"
exec 9>>"$state/lock"
if command -v flock >/dev/null; then
    flock -n 9 || {
        echo "another rollout is running on this host; waiting for it to finish:"
        sed '/^id /d; s/^/    /' "$state/staging/record" 2>/dev/null
        flock -w 600 9 || {
            echo "the other rollout did not finish within 10 minutes: run this again" >&2
            exit 1
        }
    }
fi
rm -rf "$state/staging"
mkdir "$state/staging"
base64 -d | tar -xzf - -C "$state/staging" || {
    echo "the uploaded bundle is incomplete: run this again" >&2
    exit 1
}
exec sh "$state/staging/apply.sh" "$state/staging"
"""


def apply_command(root: str = "") -> str:
    """Return the command that unpacks a bundle from its standard input and applies it."""
    return command_line("sh", "-c", _UNPACK, "apply", root + STATE)


def bundle(
    plan: HostPlan,
    artifacts: tuple[Artifact, ...],
    changes: Changes,
    observed: HostState,
    timeout: int,
    names: tuple[str, ...] = (),
    generation: str = "",
) -> str:
    """Pack the archive as base64 text, with only the files that differ.

    `changes` were computed from `observed`; if the host has changed since, apply.sh refuses.
    `timeout` is the time in seconds that a started unit may take to answer. `names` are kept with
    the new state, unless it is that of the kept `generation`.
    """
    wanted = manifest_of(artifacts, planned_units(plan))
    staged = _staged(artifacts, changes)
    had = observed.manifest or Manifest()
    content = {f"{name}.sh": (FILES / f"{name}.sh").read_text() for name in SCRIPTS}
    content |= {
        "plan.tsv": "".join(
            (
                *plan_lines(plan, artifacts, staged, changes, timeout),
                *generation_lines(names, generation),
            )
        ),
        "generation.json": stored_text(plan, names),
        "manifest.json": manifest_text(wanted),
        "manifest-while-working.json": manifest_text(had.with_all_of(wanted)),
        "expected-state": f"{observed.state}\n",
        "record": _record(),
    }
    content |= {f"files/{index}": artifact.content for index, artifact in staged.items()}
    content |= {
        f"trial/{index}": text for index, text in trial_configurations(plan, staged).items()
    }
    return base64.encodebytes(_archive(content)).decode()


def _record() -> str:
    """Return who rolls out, for other operators, with an ID that differs for each rollout."""
    return f"id {uuid.uuid4()}\nby {operator_name()}\n"


def _staged(artifacts: tuple[Artifact, ...], changes: Changes) -> Mapping[int, Artifact]:
    # The indexes are those of the whole plan.
    return {index: each for index, each in enumerate(artifacts) if each in changes.put}


def _archive(content: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for path, text in sorted(content.items()):
            data = text.encode()
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), 0o600
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
