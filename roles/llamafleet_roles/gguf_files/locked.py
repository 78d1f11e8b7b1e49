"""Read the headers of weights that exist only on hosts (`path`) into the lock."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from pyinfra import logger
from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.host import Host as PyinfraHost
from pyinfra.api.operation import operation
from pyinfra.api.state import State
from pyinfra.context import host

from llamafleet.fleet.model import Fleet, Gguf, GgufFile
from llamafleet.gguf.compact import to_json
from llamafleet.gguf.facts import GgufFacts
from llamafleet.gguf.shards import shards
from llamafleet.lock.compare import differences
from llamafleet.lock.model import Lock, LockedGguf, asked_of
from llamafleet.lock.text import gguf_tree
from llamafleet_roles.commands import fail_host, log_error, log_planned, python_step
from llamafleet_roles.gguf_files.facts import GgufFiles, WeightsState, path_key
from llamafleet_roles.gguf_files.header import read_host_facts
from llamafleet_roles.lock_file import LockFileError, current_lock, update_lock


@dataclass(slots=True)
class _Read:
    """The weights that were read in this run, by the names of weights, then of hosts."""

    found: dict[str, dict[str, LockedGguf]] = field(default_factory=dict)


# Every host reads before the first one compares: pyinfra ends an operation on all hosts first.
_READ: dict[str, _Read] = {}


def ggufs_on(fleet: Fleet, host_name: str) -> Iterator[Gguf]:
    """Yield the weights with a `path` that services on a host use."""
    models = (
        fleet.models[name]
        for service in fleet.services.values()
        if host_name in service.hosts
        for name in service.models
    )
    names = (name for each in models for name in (each.gguf, each.mmproj, each.draft) if name)
    for name in dict.fromkeys(names):
        if fleet.ggufs[name].path is not None and fleet.ggufs[name].found_in is None:
            yield fleet.ggufs[name]


@operation()
def read_headers(fleet: Fleet, host_name: str) -> Generator[FunctionCommand, None, None]:
    """Read the header of each weights file that a host uses; only headers are transferred."""
    used = tuple(ggufs_on(fleet, host_name))
    if not used:
        host.noop("no service on this host uses weights with a path")
        return
    log_planned(f"will read the headers of {', '.join(each.name for each in used)}")
    paths = tuple(path for each in used for path in shards(each.path or ""))
    weights = host.get_fact(GgufFiles, paths=paths)
    if weights is None:
        yield fail_host("could not check the weights on this host")
        return
    for gguf in used:
        yield python_step(_read, fleet, host_name, gguf, weights)


@operation()
def write_headers(fleet: Fleet, host_name: str) -> Generator[FunctionCommand, None, None]:
    """Write what was read into the lock; of several hosts, the first one of the fleet file does."""
    for gguf in ggufs_on(fleet, host_name):
        yield python_step(_write, fleet, host_name, gguf)


def _read(
    state: State, host: PyinfraHost, fleet: Fleet, name: str, gguf: Gguf, weights: WeightsState
) -> bool:
    path = gguf.path or ""
    facts = read_host_facts(host, path)
    if not isinstance(facts, GgufFacts):
        log_error(host, f"gguf {gguf.name}: {facts}")
        return False
    files = tuple(
        GgufFile(each, weights.size(each), _sha256(weights, each)) for each in shards(path)
    )
    found = LockedGguf(asked_of(gguf), "", files, to_json(facts))
    _READ.setdefault(fleet.path, _Read()).found.setdefault(gguf.name, {})[name] = found
    return True


def _sha256(weights: WeightsState, path: str) -> str | None:
    """Return the SHA-256 that a rollout verified, if the file is unchanged since."""
    key = path_key(path)
    remembered = weights.known.get(key, "").split(" ")
    if len(remembered) > 2 and weights.files.get(key) == " ".join(remembered[:2]):
        return remembered[2]
    return None


def _write(state: State, host: PyinfraHost, fleet: Fleet, name: str, gguf: Gguf) -> bool:
    by_host = _READ.get(fleet.path, _Read()).found.get(gguf.name, {})
    first = next((each for each in fleet.hosts if each in by_host), None)
    if name not in by_host or first is None:
        return True
    if name != first:
        for line in _lines(gguf, by_host[first], by_host[name]):
            _warn(host, f"{line} (on this host, compared with {first})")
        return True
    try:
        before = current_lock(fleet.path).ggufs.get(gguf.name)
        found = _with_hashes(by_host[name], before)
        if found == before:
            return True
        update_lock(fleet.path, {("ggufs", gguf.name): gguf_tree(found)})
    except LockFileError as error:
        log_error(host, f"gguf {gguf.name}: {error}")
        return False
    for line in _lines(gguf, before, found):
        if before:
            _warn(host, line)
        else:
            host.log(line)
    return True


def _with_hashes(found: LockedGguf, before: LockedGguf | None) -> LockedGguf:
    """Keep the hashes of the lock if size and header are the same."""
    if before is None or before.asked != found.asked or before.facts != found.facts:
        return found
    known = {each.file: each for each in before.files}
    files = tuple(_known(each, known.get(each.file)) for each in found.files)
    return LockedGguf(found.asked, found.revision, files, found.facts)


def _known(found: GgufFile, before: GgufFile | None) -> GgufFile:
    same = found.sha256 is None and before is not None and before.size == found.size
    return before if same and before is not None else found


def _lines(gguf: Gguf, before: LockedGguf | None, after: LockedGguf) -> tuple[str, ...]:
    """Return the differences between two entries of a lock."""
    old = Lock(ggufs={gguf.name: before}) if before else Lock()
    return differences(old, Lock(ggufs={gguf.name: after}))


def _warn(host: PyinfraHost, line: str) -> None:
    host.log_styled(line, fg="yellow", log_func=logger.warning)


@deploy("Facts of weights")
def facts_of_weights(fleet: Fleet, host_name: str) -> None:
    """Read the headers of weights that exist only on hosts into the lock."""
    read_headers(name="Read headers", fleet=fleet, host_name=host_name)
    write_headers(name="Write them into the lock", fleet=fleet, host_name=host_name)
