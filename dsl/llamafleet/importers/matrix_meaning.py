"""Meaning of a matrix, without its combinations, of which there may be millions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..fleet.matrix_expression import Either, Node, One, Ref, Together
from ..llama_swap import natural
from ..llama_swap.expression import ExpressionError, parsed
from ..llama_swap.model import SwapConfig, SwapMatrix, SwapSet
from ..llama_swap.versions import SETS_SORTED


def in_order(matrix: SwapMatrix, version: int) -> tuple[SwapSet, ...]:
    """Return the sets in the order in which that release tries them."""
    if version < SETS_SORTED:
        return matrix.sets
    return tuple(sorted(matrix.sets, key=lambda each: natural.key(each.name.text)))


def meaning_of(matrix: SwapMatrix, config: SwapConfig) -> dict[str, Any]:
    """Return the sets as trees of models, in order; references are by position."""
    sets = in_order(matrix, config.version)
    places = {each.name.text: number for number, each in enumerate(sets)}
    models = {key.text: target.value for key, target in matrix.handles}

    def tree(node: Node) -> object:
        match node:
            case One(name):
                return models.get(name, name)
            case Ref(name):
                return f"set {places.get(name, name)}"
            case Either(terms):
                return ["or", *_flat("or", [tree(term) for term in terms])]
            case Together(terms):
                return ["and", *_flat("and", [tree(term) for term in terms])]

    costs = {models.get(key.text, key.text): cost.value for key, cost in matrix.costs}
    return {
        "sets": [_read(each.expression.value, tree) for each in sets],
        "costs": {model: cost for model, cost in costs.items() if cost != 1},
    }


def _read(expression: str, tree: Callable[[Node], object]) -> object:
    """Return the meaning of an expression; of one that llama-swap refuses, its text."""
    try:
        return tree(parsed(expression)[0])
    except ExpressionError:
        return expression


def _flat(operator: str, terms: list[object]) -> list[object]:
    """Flatten inner lists of the same operator, which mean the same."""
    found: list[object] = []
    for term in terms:
        if isinstance(term, list) and term[0] == operator:
            found += term[1:]
        else:
            found.append(term)
    return found
