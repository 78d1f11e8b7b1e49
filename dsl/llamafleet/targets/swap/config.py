"""llama-swap's configuration file as a tree.

Everything that llama-swap would choose by itself is written out: ports are ours (its own follow the
sorted order of ids, so that a new model moves the others), `proxy` names the port, and so do the
limits. No macros are used. A model's digest goes into its `metadata`, and comes back over the API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...fleet.matrix import Matrix
from ...fleet.model import Model
from ...fleet.schema.model_keys import MODEL_UPSTREAM_PATHS
from ...fleet.schema.pass_through import to_tree
from ...llama_swap.versions import NEWEST
from ..process.command import Environment, Groups
from ..process.digest import digest
from ..process.slots import slots
from ..writers.yaml_file import Lines, Named, Tree, to_yaml
from .free_form import merged, named, replaced, with_keys_of_theirs
from .quoting import command_lines
from .routes import Routes
from .routes_tree import filters_tree, routes_tree
from .settings import Settings, known_to, settings_tree

HEADER = ("Managed by llamafleet: edits here are overwritten.",)
DEFAULT_LIMIT = 10  # llama-swap's own, where a model says nothing
WAITING_PER_SLOT = 3
HEALTH = "/health"
PORT = "${PORT}"


ORDER = (
    *("cmd", "cmdStop", "proxy", "checkEndpoint", "ttl", "concurrencyLimit", "name"),
    *("description", "aliases", "env", "unlisted", "useModelName", "filters"),
    *("sendLoadingState", "unloadTimeout", "timeouts", "capabilities", "compat"),
)
"""What comes first, as ever: a file in another order would restart every model for nothing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One model as llama-swap starts it.

    `weights` are the SHA-256 of its files, where known, and `version` is llama-swap's release.
    `build` is the release of llama.cpp that runs it, "" if none of ours does.
    """

    model: Model
    command: Groups
    environment: Environment
    port: int
    ttl: int
    weights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    version: int = NEWEST
    build: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A model's part of the file, without its metadata, and the digest of that part."""

    model: Model
    tree: Mapping[str, Tree] | Named
    digest: str
    build: str = ""


def write(entry: Entry) -> Written:
    """Return a model as it is written, and the digest of everything that is written about it."""
    tree = _entry(entry)
    plain = {key: _plain(value) for key, value in _items(tree)}
    return Written(entry.model, tree, digest(plain, entry.weights), entry.build)


def render(
    settings: Settings, models: tuple[Written, ...], matrix: Matrix | None, routes: Routes
) -> str:
    """Write the whole file."""
    return to_yaml(_whole(settings, models, matrix, routes), header=HEADER)


def render_trial(
    settings: Settings, models: tuple[Written, ...], matrix: Matrix | None, routes: Routes
) -> str:
    """Write the file without `hooks` and `store`.

    Loading it starts no model and opens no database: it is for asking llama-swap itself whether
    it accepts the rest.
    """
    tree = _whole(settings, models, matrix, routes)
    entries = tree.entries if isinstance(tree, Named) else tuple(tree.items())
    kept = tuple((key, value) for key, value in entries if key not in ("hooks", "store"))
    return to_yaml(Named(kept) if isinstance(tree, Named) else dict(kept))


def _whole(
    settings: Settings, models: tuple[Written, ...], matrix: Matrix | None, routes: Routes
) -> Mapping[str, Tree] | Named:
    tree = settings_tree(settings)
    tree["models"] = Named(tuple((each.model.name, _with_digest(each)) for each in models))
    tree = merged(tree, routes_tree(routes, matrix, settings.version))
    return with_keys_of_theirs(tree, settings.pass_through)


def concurrency_limit(model: Model) -> int:
    """Return the number of requests that a model takes before the next one gets status 429.

    llama-swap counts running and waiting ones. Each slot may have one running and three waiting
    requests, and it is never less than llama-swap's own default of ten: a burst while a model is
    being loaded must wait, not fail.
    """
    if model.concurrency_limit is not None:
        return model.concurrency_limit
    if model.command or model.verbatim:
        return DEFAULT_LIMIT
    return max(DEFAULT_LIMIT, slots(model) * (1 + WAITING_PER_SLOT))


def _entry(entry: Entry) -> Mapping[str, Tree] | Named:
    model, port = entry.model, str(entry.port)
    stop = tuple((word,) for word in model.stop_command)
    tree: dict[str, Tree | None] = {
        "cmd": Lines(command_lines(entry.command)) if entry.command else None,
        "cmdStop": " ".join(command_lines(stop, keep="${PID}")) if stop else None,
        "proxy": (model.proxy or f"http://127.0.0.1:{PORT}").replace(PORT, port),
        "checkEndpoint": model.health or HEALTH,
        "ttl": entry.ttl,
        "concurrencyLimit": concurrency_limit(model),
        "aliases": model.aliases or None,
        "env": tuple(f"{name}={value}" for name, value in entry.environment) or None,
        "filters": filters_tree(model.filters) or None,
        "metadata": named(model.metadata) if model.metadata else None,
    }
    kept = {key: value for key, value in tree.items() if value is not None}
    ours = merged(kept, _passed(entry))
    passed = replaced(model.pass_through, PORT, port)
    assert isinstance(passed, Mapping)
    return with_keys_of_theirs({key: ours[key] for key in sorted(ours, key=_rank)}, passed)


def _passed(entry: Entry) -> dict[str, Tree]:
    knows = known_to(entry.version, "models", "", but_for=entry.model.pass_through)
    return {**to_tree(entry.model.passed, MODEL_UPSTREAM_PATHS, knows=knows)}


def _rank(key: str) -> int:
    """Return the place of a key: new ones follow the old, and metadata with the digest is last."""
    if key == "metadata":
        return len(ORDER) + 1
    return ORDER.index(key) if key in ORDER else len(ORDER)


def _with_digest(written: Written) -> Tree:
    built: dict[str, Tree] = {"build": written.build} if written.build else {}
    ours: dict[str, Tree] = {"llamafleet": {"digest": written.digest, **built}}
    theirs = written.model.metadata
    metadata = Named((*named(theirs).entries, *ours.items())) if theirs else ours
    if isinstance(written.tree, Named):
        before = (each for each in written.tree.entries if each[0] != "metadata")
        return Named((*before, ("metadata", metadata)))
    return {**written.tree, "metadata": metadata}


def _items(tree: Mapping[str, Tree] | Named) -> Iterable[tuple[str, Tree]]:
    return tree.entries if isinstance(tree, Named) else tree.items()


def _plain(tree: Tree) -> object:
    """Return a tree as plain data, for the digest."""
    match tree:
        case Lines(lines):
            return lines
        case Named(entries):
            return {key: _plain(value) for key, value in entries}
        case Mapping():
            return {key: _plain(value) for key, value in tree.items()}
        case tuple():
            return tuple(_plain(each) for each in tree)
    return tree
