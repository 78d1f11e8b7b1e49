"""Derived sets and costs as parts of a matrix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ...dataclasses import replace
from ...fleet.matrix import Matrix, NamedSet
from ...fleet.matrix_block import DIRECT_IDS
from ...fleet.matrix_expression import (
    MOST_COMBINATIONS,
    Either,
    Node,
    One,
    Together,
    count,
    models_of,
)
from ...fleet.matrix_sets import NO_LIMIT, OLD_LIMIT
from .components import Component
from .expression import alone, expression

AUTO, ALONE = "auto", "auto-alone"
"""Names of the derived sets."""

_MEMBER = re.compile(r"[A-Za-z0-9_.-]+")


def most_combinations(matrix: Matrix, version: int) -> int:
    """Return the number of combinations that may be added to those that are written."""
    counts: dict[str, int] = {}
    for each in matrix.in_solving_order():
        counts[each.name] = count(each.node, counts)
    limit = OLD_LIMIT if version < NO_LIMIT else MOST_COMBINATIONS
    return limit - sum(counts.values())


def with_costs(matrix: Matrix, costs: Mapping[str, int]) -> Matrix:
    """Return the matrix with derived costs beside the written ones, unless all are equal.

    They are in the order of names.
    """
    written = dict(matrix.costs)
    found = {**costs, **written}
    if len(set(found.values())) == 1:
        return matrix
    return replace(matrix, costs=tuple(sorted(found.items())))


def with_sets(
    matrix: Matrix, components: Sequence[Component], outside: Sequence[str], version: int
) -> Matrix:
    """Return the matrix with a last set of what fits together, and one of models that run alone."""
    taken = {each.name for each in matrix.sets}
    ids = {*outside, *(name for each in components for name in each.names)}
    sets = list(matrix.sets)
    handles = dict(matrix.handles)
    member_names = {model: handle for handle, model in reversed(matrix.handles)}
    for name, node in _nodes(matrix, components, outside):
        for model in sorted(set(models_of(node)) - member_names.keys()):
            member_names[model] = _member_name(
                model, {*ids, *handles, *member_names.values()}, version
            )
            if member_names[model] != model or version < DIRECT_IDS:
                handles[member_names[model]] = model
        free = _free(name, taken)
        taken.add(free)
        rendered = f"p{len(sets) + 1:03d}.{free}"
        assert matrix.auto.sets is not None
        sets.append(NamedSet(free, rendered, _with_texts(node, member_names), matrix.auto.sets))
    return replace(matrix, handles=tuple(handles.items()), sets=tuple(sets))


def _nodes(
    matrix: Matrix, components: Sequence[Component], outside: Sequence[str]
) -> Iterator[tuple[str, Node]]:
    if components:
        yield AUTO, expression(components, dict(matrix.costs))
    if outside:
        yield ALONE, alone(outside)


def _free(name: str, taken: set[str]) -> str:
    """The name, or with a number behind it where somebody has it."""
    numbers = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return next(each for each in (name, *numbers) if each not in taken)


def _member_name(model: str, taken: set[str], version: int) -> str:
    """Return the name of a model in sets: its id, or a handle where an id cannot stand there."""
    if version >= DIRECT_IDS and _MEMBER.fullmatch(model):
        return model
    stem = re.sub(r"[^A-Za-z0-9.-]+", "-", model).strip("-")[:24] if version >= DIRECT_IDS else ""
    if stem and stem not in taken:
        return stem
    return next(name for n in range(1, len(taken) + 2) if (name := f"m{n}") not in taken)


def _with_texts(node: Node, member_names: Mapping[str, str]) -> Node:
    match node:
        case One(model):
            return One(model, member_names[model])
        case Together(terms):
            return Together(tuple(_with_texts(term, member_names) for term in terms))
        case Either(terms):
            return Either(tuple(_with_texts(term, member_names) for term in terms))
    return node
