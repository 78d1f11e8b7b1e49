"""The differences between a host's plan and its state; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from llamafleet.targets.paths import STATE
from llamafleet.targets.plan_types import Artifact, Unit
from llamafleet_roles.services.facts import Generation, HostState, UnitState
from llamafleet_roles.services.manifest import Manifest, NotifiedUnits, manifest_of

_ENABLED = frozenset({"enabled", "enabled-runtime", "static", "alias", "generated"})


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that a rollout has to do on one host.

    `units` need something that no changed file brings about, with the reason. `removed` and `stop`
    are files and units of the manifest that the plan no longer has, `released` such units of
    packages. `unmanaged` are files to write that the manifest does not have: what exists there is
    not ours. `root_owned` are files of a database that belong to root, not to the service's user.
    `generation`: this state is not kept yet, for rolling back to it.
    """

    put: tuple[Artifact, ...] = ()
    removed: tuple[tuple[str, NotifiedUnits], ...] = ()
    stop: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    owed: tuple[str, ...] = ()
    manifest: bool = False
    new: frozenset[str] = field(default_factory=frozenset)
    unmanaged: tuple[str, ...] = ()
    root_owned: tuple[str, ...] = ()
    generation: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.put
            or self.removed
            or self.stop
            or self.units
            or self.owed
            or self.manifest
            or self.root_owned
            or self.generation
        )

    def lines(self) -> Iterator[str]:
        """Yield a line for each planned change."""
        for artifact in self.put:
            verb = "create" if artifact.path in self.new else "replace"
            yield f"will {verb} {artifact.path}{_noticed(artifact.restarts, artifact.reloads)}"
        for path in (each for each in self.unmanaged if each not in self.new):
            yield f"{path} is not managed by llamafleet yet: will keep a copy in {STATE}/replaced"
        for path in self.root_owned:
            yield f"will change the owner of {path} from root to the user of its service"
        for path, notice in self.removed:
            yield f"will remove {path}{_noticed((), notice.reloads)}"
        for unit in self.stop:
            yield f"will stop and disable {unit}"
        for unit, reason in self.units:
            yield f"will {_VERBS.get(reason, 'restart')} {unit}: {reason}"
        for marker in self.owed:
            verb, _, unit = marker.partition("@")
            if verb == "clean":
                yield "an earlier run was interrupted: will finish it"
            else:
                yield f"{unit} still needs a {_OWED.get(verb, verb)} from an earlier run"
        yield from self._records()

    def _records(self) -> Iterator[str]:
        if self.manifest and not (self.put or self.removed or self.stop):
            yield "will update the list of files and units that llamafleet manages"
        if self.generation:
            yield "will keep the new state as a generation, for rolling back"


_UNKNOWN, _DISABLED = "systemd does not know it yet", "it is not enabled"
_CHANGED_ON_DISK = "its unit file changed on disk"
_VERBS = {
    **dict.fromkeys(("it is inactive", "it is failed", _UNKNOWN), "start"),
    **dict.fromkeys(("it is activating", "it is deactivating", "it is reloading"), "check"),
    _DISABLED: "enable",
    _CHANGED_ON_DISK: "reload the unit file of",
}
_OWED = {"restart": "restart", "reload": "reload", "health": "health check"}


def _noticed(restarts: tuple[str, ...], reloads: tuple[str, ...]) -> str:
    parts = [f"restarts {unit}" for unit in restarts] + [f"reloads {unit}" for unit in reloads]
    return f" ({', '.join(parts)})" if parts else ""


def access_of(artifact: Artifact) -> str:
    """Return `MODE OWNER GROUP` as the probe prints them."""
    return f"{artifact.mode.lstrip('0') or '0'} {artifact.owner} {artifact.group}"


def _differs(artifact: Artifact, observed: HostState) -> bool:
    state = observed.files.get(artifact.path)
    if state is None:
        return True
    digest = hashlib.sha256(artifact.content.encode()).hexdigest()
    return state.sha256 != digest or state.access != access_of(artifact)


def _trouble(state: UnitState | None, stale: tuple[str, ...]) -> str | None:
    if state is None or not state.active:
        return _UNKNOWN
    if state.active != "active":
        return f"it is {state.active}"
    if state.enabled not in _ENABLED:
        return _DISABLED
    if not state.current:
        return "its program was replaced on disk"
    if stale:
        return f"it loaded {', '.join(stale)} before the file was replaced"
    if state.needs_reload:
        return _CHANGED_ON_DISK
    return None


def compare(
    artifacts: tuple[Artifact, ...],
    units: Iterable[Unit],
    observed: HostState,
    kept: Callable[[Generation | None, str], bool] = lambda generation, names: True,
) -> Changes:
    """Compute the changes from a host's state to its plan.

    `kept` says of the current generation and the present names whether they are this state.
    """
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
        removed=tuple(
            (path, notice) for path, notice in had.files.items() if path not in wanted.files
        ),
        stop=tuple(
            name for name, managed in had.units.items() if managed and name not in wanted.units
        ),
        released=tuple(
            name for name, managed in had.units.items() if not managed and name not in wanted.units
        ),
        units=tuple((name, reason) for name, reason in troubles if reason),
        owed=observed.owed,
        manifest=had != wanted,
        new=frozenset(each.path for each in artifacts if each.path not in observed.files),
        unmanaged=tuple(each.path for each in put if each.path not in had.files),
        root_owned=observed.root_owned,
        generation=not kept(observed.generation, observed.names),
    )


def units_freeing_ports(planned: Iterable[Unit], changes: Changes, observed: HostState) -> set[str]:
    """Return the units that may hold ports of the plan: the rollout moves or stops them itself.

    A unit of a package is among them if one of our files for it changes and reloads it.
    """
    had = observed.manifest or Manifest()
    managed = {each.name for each in planned if each.managed}
    managed |= {name for name, is_managed in had.units.items() if is_managed}
    read_again = {unit for each in changes.put for unit in each.reloads}
    read_again |= {unit for _, notice in changes.removed for unit in notice.reloads}
    read_again |= {each.partition("@")[2] for each in changes.owed if each.startswith("reload@")}
    return managed | read_again
