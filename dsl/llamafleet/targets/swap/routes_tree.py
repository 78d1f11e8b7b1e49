"""The matrix, groups, selectors, profiles and peers as llama-swap's configuration has them."""

from __future__ import annotations

from ...fleet.matrix import Matrix
from ...fleet.matrix_expression import models_of
from ...fleet.model import Filters
from ...fleet.schema.pass_through import in_order, to_tree
from ...fleet.schema.swap_routing import (
    GROUP_PATHS,
    MATRIX_PATHS,
    PEER_PATHS,
    PROFILE_PATHS,
    SELECTOR_PATHS,
)
from ...llama_swap.versions import IDS_IN_SETS, ROUTING
from ..writers.yaml_file import Named, Tree
from .free_form import merged, named
from .routes import Group, Peer, Profile, Routes, Selector
from .settings import known_to, variable

GROUP_ORDER = ("swap", "exclusive", "persistent", "members")
SELECTOR_ORDER = ("strategy", "targets", "settings", "name", "description", "unlisted")
PEER_ORDER = ("proxy", "models", "apiKey", "timeouts", "filters")
"""What comes first, as ever: a file in another order would restart every model for nothing."""


def routes_tree(routes: Routes, matrix: Matrix | None, version: int) -> dict[str, Tree]:
    """Return the parts of the file that follow the models."""
    tree = _routing(routes, matrix, version)
    if routes.preload:
        ids = tuple(each.text for each in routes.preload)
        tree["hooks"] = {"on_startup": {"preload": ids}}
    if routes.selectors:
        selectors = ((each.name, _selector(each, version)) for each in routes.selectors)
        tree["selectors"] = Named(tuple(selectors))
    if routes.profiles:
        profiles = ((each.name, _profile(each, version)) for each in routes.profiles)
        tree["profiles"] = Named(tuple(profiles))
    if routes.peers:
        peers = ((each.name, _peer(each, version)) for each in routes.peers)
        tree["peers"] = Named(tuple(peers))
    return tree


def filters_tree(filters: Filters) -> dict[str, Tree]:
    """Return the filters of a model or a peer; empty where requests are left as they are."""
    tree: dict[str, Tree] = {}
    if filters.strip_params:
        tree["stripParams"] = ", ".join(filters.strip_params)
    if filters.set_params:
        tree["setParams"] = named(filters.set_params)
    if filters.variants:
        variants = ((name, named(params)) for name, params in filters.variants)
        tree["setParamsByID"] = Named(tuple(variants))
    return tree


def _routing(routes: Routes, matrix: Matrix | None, version: int) -> dict[str, Tree]:
    engine: tuple[str, str, Tree] | None = None
    if matrix is not None:
        engine = ("matrix", "matrix", _matrix(matrix, version))
    elif routes.groups:
        groups = Named(tuple((each.name, _group(each, version)) for each in routes.groups))
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


def _place(key: str, version: int) -> tuple[str, ...]:
    """Return the path of the matrix or the groups, which moved in v225."""
    return (key,) if version < ROUTING else ("routing", "router", "settings", key)


def _matrix(matrix: Matrix, version: int) -> dict[str, Tree]:
    names = {model: handle for handle, model in reversed(matrix.handles)}
    handles: tuple[tuple[str, Tree], ...] = matrix.handles
    if version < IDS_IN_SETS:
        members = dict.fromkeys(model for each in matrix.sets for model in models_of(each.node))
        handles = tuple((names.get(model, model), model) for model in members)
    tree: dict[str, Tree] = {"vars": Named(handles)} if handles else {}
    if matrix.costs:
        costs = ((names.get(model, model), cost) for model, cost in matrix.costs)
        tree["evict_costs"] = Named(tuple(costs))
    tree["sets"] = Named(matrix.expressions())
    knows = known_to(version, *_place("matrix", version))
    return merged(tree, to_tree(matrix.passed, MATRIX_PATHS, knows=knows))


def _group(group: Group, version: int) -> dict[str, Tree]:
    knows = known_to(version, *_place("groups", version), "")
    return {**to_tree(group.passed, GROUP_PATHS, GROUP_ORDER, knows, explicit=True)}


def _selector(selector: Selector, version: int) -> dict[str, Tree]:
    knows = known_to(version, "selectors", "")
    tree: dict[str, Tree] = {
        **to_tree(selector.passed, SELECTOR_PATHS, SELECTOR_ORDER, knows),
    }
    return {**tree, "metadata": named(selector.metadata)} if selector.metadata else tree


def _profile(profile: Profile, version: int) -> dict[str, Tree]:
    pins = ((name, target.text if target else None) for name, target in profile.pins)
    passed = to_tree(profile.passed, PROFILE_PATHS, knows=known_to(version, "profiles", ""))
    return {**passed, "pins": Named(tuple(pins))}


def _peer(peer: Peer, version: int) -> dict[str, Tree]:
    passed = to_tree(peer.passed, PEER_PATHS, PEER_ORDER, known_to(version, "peers", ""))
    tree: dict[str, Tree] = {**passed}
    if peer.api_key_env:
        tree["apiKey"] = variable(peer.api_key_env)
    if filters := filters_tree(peer.filters):
        tree = merged(tree, {"filters": filters})
    return {key: tree[key] for key in in_order(tree, PEER_ORDER)}
