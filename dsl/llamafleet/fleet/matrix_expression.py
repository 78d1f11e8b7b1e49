"""Expressions of sets: which models they name, and which combinations they allow.

`fleet/matrix.py` says what an expression means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from ..dataclasses import dataclass

MOST_COMBINATIONS = 100_000
"""An expression that allows more is not counted any further."""


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


def references(node: Node) -> Iterator[str]:
    """Yield names of the sets that an expression refers to, in order."""
    match node:
        case Ref():
            yield node.name
        case Together(terms) | Either(terms):
            for term in terms:
                yield from references(term)


def models_of(node: Node) -> Iterator[str]:
    """Yield the models that an expression names itself, in order."""
    match node:
        case One():
            yield node.model
        case Together(terms) | Either(terms):
            for term in terms:
                yield from models_of(term)


def flat(node: Together | Either) -> Node:
    """Return `a & (b & c)` as `a & b & c`, the rendered form: ties can differ between them."""
    kind = type(node)
    terms = (term.terms if isinstance(term, kind) else (term,) for term in node.terms)
    return kind(tuple(each for inner in terms for each in inner))


def count(node: Node, counts: Mapping[str, int]) -> int:
    """Count the combinations of an expression, given those of the sets that it refers to.

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
    """Return the combinations of an expression, given those of the sets that it refers to."""
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


def states_of(
    node: Node, done: Mapping[str, list[frozenset[str]]], relevant: frozenset[str]
) -> list[frozenset[str]]:
    """Return combinations cut down to the relevant models, without those that are part of another.

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
                for state in states_of(term, done, relevant):
                    states = _added(states, state)
        case Together(terms):
            states = [frozenset()]
            for term in terms:
                right = states_of(term, done, relevant)
                product: list[frozenset[str]] = []
                for state in (a | b for a in states for b in right):
                    product = _added(product, state)
                states = product
    return states


def _added(states: list[frozenset[str]], new: frozenset[str]) -> list[frozenset[str]]:
    if any(new <= state for state in states):
        return states
    return [*(state for state in states if not state <= new), new]


def text_of(node: Node, names: Mapping[str, str], inside: bool = False) -> str:
    """Return an expression as llama-swap writes it; `names` are its names of sets."""
    match node:
        case One():
            return node.text
        case Ref():
            return f"+{names[node.name]}"
        case Together(terms):
            return " & ".join(text_of(term, names, inside=True) for term in terms)
        case Either(terms):
            text = " | ".join(text_of(term, names) for term in terms)
            return f"({text})" if inside else text
