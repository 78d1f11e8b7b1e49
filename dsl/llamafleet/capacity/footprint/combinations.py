"""Combinations of a service's models that may be in memory at a time, as tuples of names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...fleet.matrix_expression import Either, Node, One, Together, count, expanded
from ...fleet.model import Service
from ...fleet.service import sets_of

MOST = 2000
"""So many combinations of a set are looked at one by one; of a larger one, the worst of a card."""

Weigh = Callable[[str], int]


def combinations(
    service: Service, weighs: tuple[Weigh, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name and the models of each combination.

    `weighs` give the bytes of a model on each card: of sets with very many combinations only the
    worst of each card are yielded.
    """
    for name, node in sets_of(service):
        yield from ((name, models) for models in _told(node, weighs))


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
