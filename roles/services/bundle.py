"""One archive with everything apply.sh needs: the plan, the files that differ, the manifests."""

from __future__ import annotations

import base64
import gzip
import io
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from llamafleet.places import STATE
from llamafleet.plan_types import (
    Artifact,
    HostPlan,
    Probe,
    Unit,
)
from roles.commands import words
from roles.services.changes import Changes, access_of
from roles.services.manifest import Manifest, manifest_of, manifest_text

FILES = Path(__file__).parent / "files"
_ENVIRONMENT = re.compile(r"^EnvironmentFile=(\S.*)$", re.MULTILINE)

# One rollout at a time; the staging folder is the lock holder's. sh keeps the lock (descriptor 9)
# until apply.sh has ended, also when the connection is gone by then.
_UNPACK = """
umask 077
trap '' HUP PIPE
state=$1
mkdir -p -m 711 "$state"
exec 9>"$state/lock"
if command -v flock >/dev/null; then
    flock -n 9 || {
        echo "another rollout is at work on this host: waiting for it"
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


class PlanError(ValueError):
    """A path or name that cannot be written into the plan; the message says which."""


def command(root: str = "") -> str:
    """The command that unpacks a bundle from its standard input and applies it."""
    return words("sh", "-c", _UNPACK, "apply", root + STATE)


def bundle(
    plan: HostPlan,
    artifacts: tuple[Artifact, ...],
    changes: Changes,
    had: Manifest | None,
    patience: int,
) -> str:
    """The archive as base64 text; only files that differ are in it."""
    wanted = manifest_of(artifacts, planned_units(plan))
    staged = _staged(artifacts, changes)
    content = {
        "apply.sh": (FILES / "apply.sh").read_text(),
        "functions.sh": (FILES / "functions.sh").read_text(),
        "plan.tsv": "".join(_plan_lines(plan, artifacts, staged, changes, patience)),
        "manifest.json": manifest_text(wanted),
        "manifest-while-working.json": manifest_text((had or Manifest()).with_all_of(wanted)),
    }
    content |= {f"files/{index}": artifact.content for index, artifact in staged.items()}
    return base64.encodebytes(_archive(content)).decode()


def planned_units(plan: HostPlan) -> tuple[Unit, ...]:
    """Every unit of a host, once, in start order."""
    found: dict[str, Unit] = {}
    for service in plan.services:
        for unit in service.units:
            found.setdefault(unit.name, unit)
    return tuple(found.values())


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


def _line(*fields: str) -> str:
    for field in fields:
        if not field or any(char in field for char in "\t\n"):
            raise PlanError(
                f"{field!r} cannot be handed to the host: it is empty or holds a tab or newline"
            )
    return "\t".join(fields) + "\n"


def _listed(names: Iterable[str]) -> str:
    found = tuple(names)
    for name in found:
        if "," in name:
            raise PlanError(f"{name!r} cannot be handed to the host: it holds a comma")
    return ",".join(found) or "-"


def _plan_lines(
    plan: HostPlan,
    artifacts: tuple[Artifact, ...],
    staged: Mapping[int, Artifact],
    changes: Changes,
    patience: int,
) -> Iterator[str]:
    units = planned_units(plan)
    names = {unit.name for unit in units}
    for index, artifact in staged.items():
        yield _line(
            "file", str(index), *access_of(artifact).split(" "), artifact.path,
            _listed(artifact.restarts), _listed(artifact.reloads),
        )  # fmt: skip
    for path, notice in changes.gone:
        reloads = (unit for unit in notice.reloads if unit in names or unit in changes.leave)
        restarts = (unit for unit in notice.restarts if unit in names)
        yield _line("gone", path, _listed(restarts), _listed(reloads))
    for unit in units:
        yield _line("unit", unit.name, unit.executable, "ours" if unit.managed else "package")
    for name in changes.leave:
        yield _line("unit", name, "-", "leave")
    for name in changes.stop:
        yield _line("stop", name)
    for service in plan.services:
        for probe in service.probes:
            yield _health_line(probe, patience)
    yield from _check_lines(plan, artifacts, staged, changes)


def _health_line(probe: Probe, patience: int) -> str:
    address = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "::": "::1"}
    # nginx passes every path on: that it takes connections is all it can say for itself.
    path = "-" if probe.kind == "nginx" else "/health"
    where = address.get(probe.address, probe.address)
    return _line("health", probe.unit, where, str(probe.port), path, str(patience))


def _check_lines(
    plan: HostPlan,
    artifacts: tuple[Artifact, ...],
    staged: Mapping[int, Artifact],
    changes: Changes,
) -> Iterator[str]:
    paths = [artifact.path for artifact in staged.values()] + [path for path, _ in changes.gone]
    if plan.nginx and any(path.startswith("/etc/nginx/") for path in paths):
        yield "nginx\t-\n"
    indices = {artifact.path: index for index, artifact in staged.items()}
    for service in plan.services:
        if service.kind != "llama-swap":
            continue
        units = tuple(f"/etc/systemd/system/{unit.name}" for unit in service.units)
        files = _environment_files(each for each in artifacts if each.path.startswith(units))
        for artifact in service.artifacts:
            if artifact.path.endswith(".yaml") and artifact.path in indices:
                binary = service.units[0].executable
                yield _line("swap", str(indices[artifact.path]), binary, _listed(files))


def _environment_files(artifacts: Iterable[Artifact]) -> tuple[str, ...]:
    """Files whose variables a service's configuration may name, as its unit lists them."""
    return tuple(
        path.strip().strip('"')
        for artifact in artifacts
        for path in _ENVIRONMENT.findall(artifact.content)
    )
