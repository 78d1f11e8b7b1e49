"""What differs between a host's plan and what the host has; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from llamafleet.targets.places import STATE
from llamafleet.targets.plan_types import Artifact, Unit
from llamafleet_roles.services.facts import HostState, UnitState
from llamafleet_roles.services.manifest import Manifest, NotifiedUnits, manifest_of

_ENABLED = frozenset({"enabled", "enabled-runtime", "static", "alias", "generated"})


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that a rollout has to do on one host.

    `units` are those that need something besides what changed files bring about, with the reason.
    `taken` are files to put that are not in the manifest: what is there is somebody else's.
    `stray` are files of a database that belong to root and must be its service's.
    """

    put: tuple[Artifact, ...] = ()
    gone: tuple[tuple[str, NotifiedUnits], ...] = ()
    stop: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    owed: tuple[str, ...] = ()
    manifest: bool = False
    new: frozenset[str] = field(default_factory=frozenset)
    taken: tuple[str, ...] = ()
    stray: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(
            self.put
            or self.gone
            or self.stop
            or self.units
            or self.owed
            or self.manifest
            or self.stray
        )

    def lines(self) -> Iterator[str]:
        """What would happen, a sentence each."""
        for artifact in self.put:
            verb = "create" if artifact.path in self.new else "replace"
            yield f"will {verb} {artifact.path}{_noticed(artifact.restarts, artifact.reloads)}"
        for path in (each for each in self.taken if each not in self.new):
            yield f"{path} was put there by somebody else: will keep it in {STATE}/replaced"
        for path in self.stray:
            yield f"will give {path} to the user of its service: it belongs to root"
        for path, notice in self.gone:
            yield f"will remove {path}{_noticed((), notice.reloads)}"
        for unit in self.stop:
            yield f"will stop and disable {unit}"
        for unit, reason in self.units:
            yield f"will {'start' if reason in _STARTED else 'see to'} {unit}: {reason}"
        for marker in self.owed:
            verb, _, unit = marker.partition("@")
            if verb == "clean":
                yield "an earlier run was interrupted: will bring it to its end"
            else:
                yield f"an earlier run still owes {unit} a {_OWED.get(verb, verb)}"
        if self.manifest and not (self.put or self.gone or self.stop):
            yield "will record what is managed here"


_STARTED = frozenset({"it is inactive", "it is failed", "it is not known to systemd yet"})
_OWED = {"restart": "restart", "reload": "reload", "health": "look whether it answers"}


def _noticed(restarts: tuple[str, ...], reloads: tuple[str, ...]) -> str:
    parts = [f"restarts {unit}" for unit in restarts] + [f"reloads {unit}" for unit in reloads]
    return f" ({', '.join(parts)})" if parts else ""


def access_of(artifact: Artifact) -> str:
    """Mode, owner and group as the probe prints them."""
    return f"{artifact.mode.lstrip('0') or '0'} {artifact.owner} {artifact.group}"


def _differs(artifact: Artifact, observed: HostState) -> bool:
    state = observed.files.get(artifact.path)
    if state is None:
        return True
    digest = hashlib.sha256(artifact.content.encode()).hexdigest()
    return state.sha256 != digest or state.access != access_of(artifact)


def _trouble(state: UnitState | None, stale: tuple[str, ...]) -> str | None:
    if state is None or not state.active:
        return "it is not known to systemd yet"
    if state.active != "active":
        return f"it is {state.active}"
    if state.enabled not in _ENABLED:
        return "it is not enabled"
    if not state.current:
        return "it runs a file that has been replaced"
    if stale:
        return f"it has loaded {', '.join(stale)} before the file was replaced"
    if state.needs_reload:
        return "systemd has not read its file again"
    return None


def compare(artifacts: tuple[Artifact, ...], units: Iterable[Unit], observed: HostState) -> Changes:
    """The way from what a host has to what the plan says."""
    planned = tuple(units)
    wanted = manifest_of(artifacts, planned)
    had = observed.manifest or Manifest()
    troubles = (
        (each.name, _trouble(observed.units.get(each.name), observed.stale.get(each.name, ())))
        for each in planned
    )
    put = tuple(each for each in artifacts if _differs(each, observed))
    return Changes(
        put=put,
        gone=tuple(
            (path, notice) for path, notice in had.files.items() if path not in wanted.files
        ),
        stop=tuple(
            name for name, managed in had.units.items() if managed and name not in wanted.units
        ),
        leave=tuple(
            name for name, managed in had.units.items() if not managed and name not in wanted.units
        ),
        units=tuple((name, reason) for name, reason in troubles if reason),
        owed=observed.owed,
        manifest=had != wanted,
        new=frozenset(each.path for each in artifacts if each.path not in observed.files),
        taken=tuple(each.path for each in put if each.path not in had.files),
        stray=observed.stray,
    )


def units_that_give_way(planned: Iterable[Unit], changes: Changes, observed: HostState) -> set[str]:
    """Units whose ports are no one's hindrance: the rollout moves or stops them itself.

    A unit that came with a package is read again where one of our files in it changes; what else
    it listens on is somebody else's.
    """
    had = observed.manifest or Manifest()
    managed = {each.name for each in planned if each.managed}
    managed |= {name for name, is_managed in had.units.items() if is_managed}
    read_again = {unit for each in changes.put for unit in each.reloads}
    read_again |= {unit for _, notice in changes.gone for unit in notice.reloads}
    read_again |= {each.partition("@")[2] for each in changes.owed if each.startswith("reload@")}
    return managed | read_again
