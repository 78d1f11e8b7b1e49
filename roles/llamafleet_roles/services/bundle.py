"""One archive with everything apply.sh needs: the plan, the files that differ, the manifests."""

from __future__ import annotations

import base64
import getpass
import gzip
import io
import socket
import tarfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from llamafleet.targets.places import STATE
from llamafleet.targets.plan_types import Artifact, HostPlan
from llamafleet_roles.commands import command_line
from llamafleet_roles.services.changes import Changes
from llamafleet_roles.services.facts import HostState
from llamafleet_roles.services.manifest import Manifest, manifest_of, manifest_text
from llamafleet_roles.services.plan_lines import plan_lines, planned_units, trials

FILES = Path(__file__).parent / "files"
SCRIPTS = ("apply", "functions", "ports", "record", "check", "health", "units")

# One rollout at a time; the staging folder is the lock holder's. sh keeps the lock (descriptor 9)
# until apply.sh has ended, also when the connection is gone by then.
_UNPACK = """
umask 077
trap '' HUP PIPE
state=$1
mkdir -p -m 711 "$state"
exec 9>>"$state/lock"
if command -v flock >/dev/null; then
    flock -n 9 || {
        echo "another rollout is at work on this host: waiting for it"
        sed '/^id /d; s/^/    /' "$state/staging/record" 2>/dev/null
        flock -w 600 9 || { echo "it does not come to an end" >&2; exit 1; }
    }
fi
rm -rf "$state/staging"
mkdir "$state/staging"
base64 -d | tar -xzf - -C "$state/staging" || {
    echo "the bundle did not arrive whole: run this again" >&2
    exit 1
}
exec sh "$state/staging/apply.sh" "$state/staging"
"""


def apply_command(root: str = "") -> str:
    """The command that unpacks a bundle from its standard input and applies it."""
    return command_line("sh", "-c", _UNPACK, "apply", root + STATE)


def bundle(
    plan: HostPlan,
    artifacts: tuple[Artifact, ...],
    changes: Changes,
    observed: HostState,
    patience: int,
) -> str:
    """Pack the archive as base64 text; only files that differ are in it.

    `observed` is what the changes were made from: where the host is not so any more, apply.sh
    changes nothing.
    """
    wanted = manifest_of(artifacts, planned_units(plan))
    staged = _staged(artifacts, changes)
    had = observed.manifest or Manifest()
    content = {f"{name}.sh": (FILES / f"{name}.sh").read_text() for name in SCRIPTS}
    content |= {
        "plan.tsv": "".join(plan_lines(plan, artifacts, staged, changes, patience)),
        "manifest.json": manifest_text(wanted),
        "manifest-while-working.json": manifest_text(had.with_all_of(wanted)),
        "expected-state": f"{observed.state}\n",
        "record": _record(),
    }
    content |= {f"files/{index}": artifact.content for index, artifact in staged.items()}
    content |= {f"trial/{index}": text for index, text in trials(plan, staged).items()}
    return base64.encodebytes(_archive(content)).decode()


def _record() -> str:
    """Say who rolls out: for other operators, and different for each rollout."""
    try:
        who = getpass.getuser()
    except (OSError, KeyError):  # an account without a name
        who = "somebody"
    name = "".join(each for each in f"{who}@{socket.gethostname()}" if each.isprintable())
    return f"id {uuid.uuid4()}\nby {name}\n"


def _staged(artifacts: tuple[Artifact, ...], changes: Changes) -> Mapping[int, Artifact]:
    # A unit is checked together with the other new ones; the numbers are those of the whole plan.
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
