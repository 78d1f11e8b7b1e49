"""llama-swap's configuration file as a tree.

Everything that llama-swap would choose by itself is written out: ports are ours (its own follow the
sorted order of ids, so that a new model moves the others), `proxy` names the port, and so do the
limits. No macros are used. A model's digest goes into its `metadata`, and comes back over the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...fleet.matrix import Matrix, models_of
from ...fleet.model import Model
from ...writers.yaml_file import Lines, Named, Tree, to_yaml
from ..process.command import Environment, Groups, slots
from ..process.digest import digest
from . import versions
from .quoting import command_lines

HEADER = ("Managed by llamafleet: edits here are overwritten.",)
DEFAULT_LIMIT = 10  # llama-swap's own, where a model says nothing
WAITING_PER_SLOT = 3
HEALTH = "/health"


@dataclass(frozen=True, slots=True)
class Entry:
    """One model as llama-swap starts it."""

    model: Model
    command: Groups
    environment: Environment
    port: int
    ttl: int


@dataclass(frozen=True, slots=True)
class Written:
    """A model's part of the file, without its metadata, and the digest of that part."""

    model: Model
    tree: Mapping[str, Tree]
    digest: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for all models; None and False leave llama-swap's own default."""

    version: int
    health_check_timeout: int
    log_level: str
    unload_timeout: int | None
    send_loading_state: bool
    include_aliases: bool


def write(entry: Entry) -> Written:
    """A model as it is written, and the digest of everything that is written about it."""
    tree = _entry(entry)
    return Written(entry.model, tree, digest(_plain(tree)))


def render(settings: Settings, models: tuple[Written, ...], matrix: Matrix | None) -> str:
    """The whole file."""
    tree: dict[str, Tree] = {
        "healthCheckTimeout": settings.health_check_timeout,
        "logLevel": settings.log_level,
    }
    if settings.version >= versions.LOG_TO_STDOUT:
        tree["logToStdout"] = "both"
    if settings.unload_timeout is not None:
        tree["unloadTimeout"] = settings.unload_timeout
    if settings.send_loading_state:
        tree["sendLoadingState"] = True
    if settings.include_aliases:
        tree["includeAliasesInList"] = True
    tree["models"] = Named(tuple((each.model.name, _with_digest(each)) for each in models))
    if matrix is not None:
        tree.update(_placed(_matrix(matrix, settings.version), settings.version))
    return to_yaml(tree, header=HEADER)


def concurrency_limit(model: Model) -> int:
    """How many requests a model takes before the next one is told 429.

    llama-swap counts running and waiting ones. Each slot may have one running and three waiting
    requests, and it is never less than llama-swap's own default of ten: a burst while a model is
    being loaded must wait, not fail.
    """
    if model.concurrency_limit is not None:
        return model.concurrency_limit
    if model.command:
        return DEFAULT_LIMIT
    return max(DEFAULT_LIMIT, slots(model) * (1 + WAITING_PER_SLOT))


def _entry(entry: Entry) -> dict[str, Tree]:
    model = entry.model
    tree: dict[str, Tree] = {"cmd": Lines(command_lines(entry.command))}
    if model.stop_command:
        stop = tuple((word,) for word in model.stop_command)
        tree["cmdStop"] = " ".join(command_lines(stop, keep="${PID}"))
    tree["proxy"] = f"http://127.0.0.1:{entry.port}"
    tree["checkEndpoint"] = model.health or HEALTH
    tree["ttl"] = entry.ttl
    tree["concurrencyLimit"] = concurrency_limit(model)
    texts: tuple[tuple[str, Tree | None], ...] = (
        ("name", model.title),
        ("description", model.description),
        ("aliases", model.aliases or None),
        ("env", tuple(f"{name}={value}" for name, value in entry.environment) or None),
        ("unlisted", model.unlisted or None),
    )
    tree.update({key: value for key, value in texts if value is not None})
    return tree


def _with_digest(written: Written) -> dict[str, Tree]:
    return {**written.tree, "metadata": {"llamafleet": {"digest": written.digest}}}


def _plain(tree: Tree) -> object:
    """A tree as plain data, for the digest."""
    if isinstance(tree, Lines):
        return tree.lines
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items()}
    return tree


def _matrix(matrix: Matrix, version: int) -> dict[str, Tree]:
    told = {model: handle for handle, model in reversed(matrix.handles)}
    handles: tuple[tuple[str, Tree], ...] = matrix.handles
    if version < versions.MATRIX_TAKES_IDS:
        members = dict.fromkeys(model for each in matrix.sets for model in models_of(each.node))
        handles = tuple((told.get(model, model), model) for model in members)
    tree: dict[str, Tree] = {"vars": Named(handles)} if handles else {}
    if matrix.costs:
        costs = ((told.get(model, model), cost) for model, cost in matrix.costs)
        tree["evict_costs"] = Named(tuple(costs))
    tree["sets"] = Named(matrix.expressions())
    return tree


def _placed(matrix: dict[str, Tree], version: int) -> dict[str, Tree]:
    if version < versions.ROUTING:
        return {"matrix": matrix}
    return {"routing": {"router": {"use": "matrix", "settings": {"matrix": matrix}}}}
