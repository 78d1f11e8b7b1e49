"""Sets of models of a llama-swap that may be in memory at a time.

It has one model at a time, those of a set of its matrix, or what its groups let stand beside each
other: loading a member of an exclusive group unloads the other groups but the persistent ones, and
whatever else is loaded afterwards stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...fleet.matrix import Matrix
from ...fleet.matrix_expression import Either, Node, One, Together, models_of
from ...fleet.service import GROUPS
from .routes import Group


def together(
    models: tuple[str, ...], matrix: Matrix | None, groups: tuple[Group, ...]
) -> Iterator[tuple[str, Node]]:
    """Yield each set of models, as a name and an expression without references to other sets."""
    if matrix is not None:
        yield from _of_matrix(matrix)
        member = {each for named in matrix.sets for each in models_of(named.node)}
        yield from ((name, One(name, name)) for name in models if name not in member)
    elif groups:
        yield GROUPS, _of_groups(models, groups)
    else:
        yield from ((name, One(name, name)) for name in models)


def _of_matrix(matrix: Matrix) -> Iterator[tuple[str, Node]]:
    nodes: dict[str, Node] = {}
    for each in matrix.in_solving_order():
        nodes[each.name] = _resolved(each.node, nodes)
    for each in matrix.sets:
        yield each.name, nodes[each.name]


def _resolved(node: Node, nodes: Mapping[str, Node]) -> Node:
    """Return the expression with those of the sets that it refers to."""
    match node:
        case One():
            return node
        case Together(terms):
            return Together(tuple(_resolved(each, nodes) for each in terms))
        case Either(terms):
            return Either(tuple(_resolved(each, nodes) for each in terms))
    return nodes[node.name]


def _of_groups(models: tuple[str, ...], groups: tuple[Group, ...]) -> Node:
    """Return one exclusive group and all that stays or comes beside it."""
    grouped = {each.text for group in groups for each in group.models}
    alone = tuple(One(name, name) for name in models if name not in grouped)
    staying = [_node(each) for each in groups if each.persistent or not each.exclusive]
    swapped = [_node(each) for each in groups if each.exclusive and not each.persistent]
    if alone:
        swapped.append(Either(alone))
    if swapped:
        staying.append(Either(tuple(swapped)))
    return Together(tuple(staying))


def _node(group: Group) -> Node:
    members = tuple(One(each.text, each.text) for each in group.models)
    return Either(members) if group.swap else Together(members)
