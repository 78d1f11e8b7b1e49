"""Routes as llama-swap's configuration has them."""

from __future__ import annotations

from ...fleet.matrix import Matrix, models_of
from ...fleet.model import Filters
from ...fleet.schema.swap_keys import TIMEOUTS
from ...llama_swap.versions import IDS_IN_SETS, ROUTING
from ..writers.yaml_file import Named, Tree
from .free_form import named
from .routes import Group, Peer, Profile, Routes, Selector
from .settings import variable


def routes_tree(routes: Routes, matrix: Matrix | None, version: int) -> dict[str, Tree]:
    """Everything below the models."""
    tree = _routing(routes, matrix, version)
    if routes.preload:
        ids = tuple(each.text for each in routes.preload)
        tree["hooks"] = {"on_startup": {"preload": ids}}
    if routes.selectors:
        tree["selectors"] = Named(tuple((each.name, _selector(each)) for each in routes.selectors))
    if routes.profiles:
        tree["profiles"] = Named(tuple((each.name, _profile(each)) for each in routes.profiles))
    if routes.peers:
        tree["peers"] = Named(tuple((each.name, _peer(each)) for each in routes.peers))
    return tree


def filters_tree(filters: Filters) -> dict[str, Tree]:
    """How requests are changed."""
    tree: dict[str, Tree] = {}
    if filters.strip_params:
        tree["stripParams"] = ", ".join(filters.strip_params)
    if filters.set_params:
        tree["setParams"] = named(filters.set_params)
    if filters.variants:
        variants = ((name, named(params)) for name, params in filters.variants)
        tree["setParamsByID"] = Named(tuple(variants))
    return tree


def timeouts_tree(timeouts: dict[str, int]) -> dict[str, Tree]:
    """Seconds, in upstream's words."""
    return {TIMEOUTS.table[key].upstream: seconds for key, seconds in timeouts.items()}


def _routing(routes: Routes, matrix: Matrix | None, version: int) -> dict[str, Tree]:
    engine: tuple[str, str, Tree] | None = None
    if matrix is not None:
        engine = ("matrix", "matrix", _matrix(matrix, version))
    elif routes.groups:
        groups = Named(tuple((each.name, _group(each)) for each in routes.groups))
        engine = ("group", "groups", groups)
    routing: dict[str, Tree] = {}
    if engine is not None:
        use, key, tree = engine
        if version < ROUTING:
            return {key: tree}
        routing["router"] = {"use": use, "settings": {key: tree}}
    if routes.priority:
        priority = Named(tuple((each.text, number) for each, number in routes.priority))
        routing["scheduler"] = {"use": "fifo", "settings": {"fifo": {"priority": priority}}}
    return {"routing": routing} if routing else {}


def _matrix(matrix: Matrix, version: int) -> dict[str, Tree]:
    told = {model: handle for handle, model in reversed(matrix.handles)}
    handles: tuple[tuple[str, Tree], ...] = matrix.handles
    if version < IDS_IN_SETS:
        members = dict.fromkeys(model for each in matrix.sets for model in models_of(each.node))
        handles = tuple((told.get(model, model), model) for model in members)
    tree: dict[str, Tree] = {"vars": Named(handles)} if handles else {}
    if matrix.costs:
        costs = ((told.get(model, model), cost) for model, cost in matrix.costs)
        tree["evict_costs"] = Named(tuple(costs))
    tree["sets"] = Named(matrix.expressions())
    return tree


def _group(group: Group) -> dict[str, Tree]:
    return {
        "swap": group.swap,
        "exclusive": group.exclusive,
        "persistent": group.persistent,
        "members": tuple(each.text for each in group.models),
    }


def _selector(selector: Selector) -> dict[str, Tree]:
    tree: dict[str, Tree | None] = {
        "strategy": selector.strategy,
        "targets": tuple(each.text for each in selector.targets),
        "settings": None if selector.spillover is None else {"spillover": selector.spillover},
        "name": selector.title,
        "description": selector.description,
        "unlisted": selector.unlisted or None,
        "metadata": named(selector.metadata) if selector.metadata else None,
    }
    return {key: value for key, value in tree.items() if value is not None}


def _profile(profile: Profile) -> dict[str, Tree]:
    tree: dict[str, Tree] = {}
    if profile.description is not None:
        tree["description"] = profile.description
    pins = ((name, target.text if target else None) for name, target in profile.pins)
    return {**tree, "pins": Named(tuple(pins))}


def _peer(peer: Peer) -> dict[str, Tree]:
    tree: dict[str, Tree | None] = {
        "proxy": peer.proxy,
        "models": peer.models,
        "apiKey": variable(peer.api_key_env) if peer.api_key_env else None,
        "timeouts": timeouts_tree(dict(peer.timeouts)) or None,
        "filters": filters_tree(peer.filters) or None,
    }
    return {key: value for key, value in tree.items() if value is not None}
