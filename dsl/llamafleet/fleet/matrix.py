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
from typing import TYPE_CHECKING, TypeAlias

from ..dataclasses import dataclass
from ..source import Span

if TYPE_CHECKING:
    from .schema.pass_through import PassedValue

MOST_COMBINATIONS = 100_000
MOST_SETS = 400


@dataclass(frozen=True, slots=True)
class One:
    """A model; `text` is how llama-swap is told, its handle or its id."""

    model: str
    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """The combinations of another set, by the fleet's name of it."""

    name: str


@dataclass(frozen=True, slots=True)
class Together:
    """`&`."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """`|`."""

    terms: tuple[Node, ...]


Node: TypeAlias = One | Ref | Together | Either


@dataclass(frozen=True, slots=True)
class NamedSet:
    """One set: the fleet's name, the name that llama-swap sees, and the expression."""

    name: str
    rendered: str
    node: Node
    origin: Span


@dataclass(frozen=True, slots=True)
class Auto:
    """What of a matrix follows from what its models take, by where it says so."""

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
        """Each set's rendered name and its expression in llama-swap's own words."""
        names = {each.name: each.rendered for each in self.sets}
        return tuple((each.rendered, _text(each.node, names)) for each in self.sets)

    def combinations(self) -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
        """Each set's rendered name and its combinations, in the order in which they are tried."""
        done: dict[str, list[tuple[str, ...]]] = {}
        for each in self.in_solving_order():
            done[each.name] = expanded(each.node, done)
        return tuple((each.rendered, tuple(done[each.name])) for each in self.in_solving_order())

    def states(self, relevant: frozenset[str]) -> Iterator[tuple[str, tuple[frozenset[str], ...]]]:
        """Each set's rendered name and what it allows of some models, in the order of trying."""
        done: dict[str, list[frozenset[str]]] = {}
        for each in self.in_solving_order():
            done[each.name] = _states(each.node, done, relevant)
            yield each.rendered, tuple(done[each.name])

    def in_solving_order(self) -> tuple[NamedSet, ...]:
        """As written, but that a set follows those that it refers to."""
        sets = {each.name: each for each in self.sets}
        done: dict[str, NamedSet] = {}

        def visit(name: str) -> None:
            if name not in done:
                for other in dict.fromkeys(references(sets[name].node)):
                    visit(other)
                done[name] = sets[name]

        for name in sets:
            visit(name)
        return tuple(done.values())


def evicted(matrix: Matrix, running: Collection[str], request: str) -> tuple[str, ...]:
    """The running models that llama-swap stops when `request` is asked for, sorted."""
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


def references(node: Node) -> Iterator[str]:
    """Names of the sets that an expression refers to, in order."""
    match node:
        case Ref():
            yield node.name
        case Together(terms) | Either(terms):
            for term in terms:
                yield from references(term)


def models_of(node: Node) -> Iterator[str]:
    """The models that an expression names itself, in order."""
    match node:
        case One():
            yield node.model
        case Together(terms) | Either(terms):
            for term in terms:
                yield from models_of(term)


def flat(node: Together | Either) -> Node:
    """`a & (b & c)` as `a & b & c`, as it is rendered: their ties can be decided differently."""
    kind = type(node)
    terms = (term.terms if isinstance(term, kind) else (term,) for term in node.terms)
    return kind(tuple(each for inner in terms for each in inner))


def count(node: Node, counts: Mapping[str, int]) -> int:
    """How many combinations an expression has, given those of the sets that it refers to.

    Stops counting just above the limit: a few lines can mean more than a computer can write down.
    """
    match node:
        case One():
            return 1
        case Ref():
            return counts[node.name]
        case Together(terms):
            found = 1
            for term in terms:
                found = min(found * count(term, counts), MOST_COMBINATIONS + 1)
            return found
        case Either(terms):
            return min(sum(count(term, counts) for term in terms), MOST_COMBINATIONS + 1)


def expanded(node: Node, done: Mapping[str, list[tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """The combinations of an expression, given those of the sets that it refers to."""
    match node:
        case One():
            return [(node.model,)]
        case Ref():
            return done[node.name]
        case Either(terms):
            return [each for term in terms for each in expanded(term, done)]
        case Together(terms):
            product: list[tuple[str, ...]] = [()]
            for term in terms:
                right = expanded(term, done)
                product = [tuple(dict.fromkeys(a + b)) for a in product for b in right]
            return product


def _states(
    node: Node, done: Mapping[str, list[frozenset[str]]], relevant: frozenset[str]
) -> list[frozenset[str]]:
    """Combinations cut down to the relevant models, without those that are part of another.

    Follows llama-swap's solver step by step: what it drops early decides its exotic ties.
    """
    states: list[frozenset[str]] = []
    match node:
        case One():
            return [relevant & {node.model}]
        case Ref():
            return done[node.name]
        case Either(terms):
            for term in terms:
                for state in _states(term, done, relevant):
                    states = _added(states, state)
        case Together(terms):
            states = [frozenset()]
            for term in terms:
                right = _states(term, done, relevant)
                product: list[frozenset[str]] = []
                for state in (a | b for a in states for b in right):
                    product = _added(product, state)
                states = product
    return states


def _added(states: list[frozenset[str]], new: frozenset[str]) -> list[frozenset[str]]:
    if any(new <= state for state in states):
        return states
    return [*(state for state in states if not state <= new), new]


def _text(node: Node, names: Mapping[str, str], inside: bool = False) -> str:
    match node:
        case One():
            return node.text
        case Ref():
            return f"+{names[node.name]}"
        case Together(terms):
            return " & ".join(_text(term, names, inside=True) for term in terms)
        case Either(terms):
            text = " | ".join(_text(term, names) for term in terms)
            return f"({text})" if inside else text
