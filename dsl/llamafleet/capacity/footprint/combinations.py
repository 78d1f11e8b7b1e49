"""Which models of a service may be in memory at a time, as sets over models.

A llama-server keeps its processes. A llama-swap has one model at a time, those of a set of its
matrix, or what its groups let stand beside each other: loading a member of an exclusive group
unloads the other groups but the persistent ones, and whatever else is loaded afterwards stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ...fleet.matrix import Either, Matrix, Node, One, Together, count, expanded, models_of
from ...fleet.model import Service
from ...targets.server.block import LlamaServer
from ...targets.swap.block import LlamaSwap
from ...targets.swap.routes import Group

ALWAYS = "always"
MOST = 2000
"""So many combinations of a set are looked at one by one; of a larger one, the worst of a card."""

Weigh = Callable[[str], int]


def combinations(
    service: Service, weighs: tuple[Weigh, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names and models of what may be there together.

    `weighs` are what a model takes on each card: of sets with very many combinations only those are
    given that take most of a card.
    """
    match service:
        case LlamaServer():
            yield ALWAYS, (service.model,)
        case LlamaSwap(matrix=Matrix() as matrix):
            yield from _of_matrix(matrix, weighs)
            member = {each for named in matrix.sets for each in models_of(named.node)}
            yield from ((name, (name,)) for name in service.models if name not in member)
        case LlamaSwap() if service.routes.groups:
            name, node = _of_groups(service)
            yield from ((name, each) for each in _told(node, weighs))
        case _:
            yield from ((name, (name,)) for name in service.models)


def _of_matrix(matrix: Matrix, weighs: tuple[Weigh, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    nodes: dict[str, Node] = {}
    for each in matrix.in_solving_order():
        nodes[each.name] = _resolved(each.node, nodes)
    for each in matrix.sets:
        yield from ((each.name, models) for models in _told(nodes[each.name], weighs))


def _resolved(node: Node, nodes: Mapping[str, Node]) -> Node:
    """The expression with those of the sets that it refers to."""
    match node:
        case One():
            return node
        case Together(terms):
            return Together(tuple(_resolved(each, nodes) for each in terms))
        case Either(terms):
            return Either(tuple(_resolved(each, nodes) for each in terms))
    return nodes[node.name]


def _told(node: Node, weighs: tuple[Weigh, ...]) -> Iterator[tuple[str, ...]]:
    """Combinations of an expression without references; of very many the worst of each card."""
    if count(node, {}) <= MOST:
        yield from dict.fromkeys(expanded(node, {}))
    else:
        yield from dict.fromkeys(tuple(dict.fromkeys(_worst(node, weigh))) for weigh in weighs)


def _worst(node: Node, weigh: Weigh) -> tuple[str, ...]:
    match node:
        case One():
            return (node.model,)
        case Either(terms):
            found = [_worst(each, weigh) for each in terms]
            return max(found, key=lambda models: sum(map(weigh, models)))
        case Together(terms):
            return tuple(name for each in terms for name in _worst(each, weigh))
    raise TypeError(node)


def _of_groups(service: LlamaSwap) -> tuple[str, Node]:
    """One exclusive group and all that stays or comes beside it."""
    groups = service.routes.groups
    grouped = {each.text for group in groups for each in group.models}
    alone = tuple(One(name, name) for name in service.models if name not in grouped)
    staying = [_node(each) for each in groups if each.persistent or not each.exclusive]
    swapped = [_node(each) for each in groups if each.exclusive and not each.persistent]
    if alone:
        swapped.append(Either(alone))
    if swapped:
        staying.append(Either(tuple(swapped)))
    return "groups", Together(tuple(staying))


def _node(group: Group) -> Node:
    members = tuple(One(each.text, each.text) for each in group.models)
    return Either(members) if group.swap else Together(members)
