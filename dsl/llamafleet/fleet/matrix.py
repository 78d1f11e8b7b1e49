"""The matrix: which models may be loaded together, and what a request evicts.

A set is an expression over models. `a & b` may be loaded together, `a | b` is one or the other, and
`+other` stands for another set's combinations. An expression denotes a list of combinations: a leaf
is one combination, `|` joins lists, `&` is their product, the left operand moving slowest. Each
combination allows every part of itself, and every set counts, also one that only others refer to.

llama-swap picks, among all combinations that hold the requested model, the one whose missing
running models cost least; the first of equals wins. "First" is the order in which sets are written,
but that a set comes after those that it refers to. llama-swap orders sets by name since v243, so
names are rendered with a counter in front (`p001.voice`) and the order stays what is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from ..dataclasses import dataclass
from ..source import Span
from .matrix_expression import Node, expanded, references, states_of, text_of

if TYPE_CHECKING:
    from .schema.pass_through import PassedValue

MOST_SETS = 400


@dataclass(frozen=True, slots=True)
class NamedSet:
    """One set: the fleet's name, the name that llama-swap sees, and the expression."""

    name: str
    rendered: str
    node: Node
    origin: Span


@dataclass(frozen=True, slots=True)
class Auto:
    """Parts of a matrix that are derived from memory, by the places that ask for it."""

    sets: Span | None = None
    costs: Span | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """A checked matrix. `handles` are llama-swap's vars; `sets` stand in the written order.

    Until a fleet has its lock, what is `auto` is missing from `sets` and `costs`. `passed` are keys
    that pass through to llama-swap as they are written.
    """

    handles: tuple[tuple[str, str], ...]
    sets: tuple[NamedSet, ...]
    costs: tuple[tuple[str, int], ...]
    origin: Span
    auto: Auto = Auto()
    passed: tuple[PassedValue, ...] = ()

    def expressions(self) -> tuple[tuple[str, str], ...]:
        """Return each set's rendered name and its expression in llama-swap's own words."""
        names = {each.name: each.rendered for each in self.sets}
        return tuple((each.rendered, text_of(each.node, names)) for each in self.sets)

    def combinations(self) -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
        """Return each set's rendered name and its combinations, in the order of trying."""
        done: dict[str, list[tuple[str, ...]]] = {}
        for each in self.in_solving_order():
            done[each.name] = expanded(each.node, done)
        return tuple((each.rendered, tuple(done[each.name])) for each in self.in_solving_order())

    def states(self, relevant: frozenset[str]) -> Iterator[tuple[str, tuple[frozenset[str], ...]]]:
        """Yield each set's rendered name and the states it allows, in the order of trying."""
        done: dict[str, list[frozenset[str]]] = {}
        for each in self.in_solving_order():
            done[each.name] = states_of(each.node, done, relevant)
            yield each.rendered, tuple(done[each.name])

    def in_solving_order(self) -> tuple[NamedSet, ...]:
        """As written, but that a set follows those that it refers to."""
        sets = {each.name: each for each in self.sets}
        done: dict[str, NamedSet] = {}
        for name in sets:
            _put_behind_references(name, sets, done)
        return tuple(done.values())


def _put_behind_references(
    name: str, sets: Mapping[str, NamedSet], done: dict[str, NamedSet]
) -> None:
    if name not in done:
        for other in dict.fromkeys(references(sets[name].node)):
            _put_behind_references(other, sets, done)
        done[name] = sets[name]


def evicted(matrix: Matrix, running: Collection[str], request: str) -> tuple[str, ...]:
    """Return the running models that llama-swap stops when `request` is asked for, sorted."""
    if request in running:
        return ()
    best = decided(matrix, running, request)
    kept = best[1] if best else frozenset()
    return tuple(sorted(model for model in running if model not in kept))


def decided(
    matrix: Matrix, running: Collection[str], request: str
) -> tuple[str, frozenset[str], int] | None:
    """The set that a request for a model that does not run is decided by: its rendered name, what
    may stay of the running models, and the cost of the rest; None if no set holds the model."""
    costs = dict(matrix.costs)
    best: tuple[str, frozenset[str], int] | None = None
    for name, states in matrix.states(frozenset([*running, request])):
        for state in states:
            cost = sum(costs.get(model, 1) for model in running if model not in state)
            if request in state and (best is None or cost < best[2]):
                best = (name, state, cost)
    return best
