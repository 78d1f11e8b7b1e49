"""Evictions by a request, exactly as the declared llama-swap decides."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from ..fleet.matrix import Matrix, NamedSet, decided
from ..fleet.matrix_expression import MOST_COMBINATIONS, Either, Node, One, Together, count
from . import natural
from .expression import parsed
from .model import SwapConfig, SwapGroup, SwapMatrix
from .versions import IDS_IN_SETS, NO_EXPANSION_LIMIT, SETS_SORTED


@dataclass(frozen=True, slots=True)
class Decision:
    """The models stopped for a request, and the set or group that decides; None without one."""

    evict: tuple[str, ...]
    set: str | None = None
    cost: int = 0


class Solver(Protocol):
    """Decides about one service."""

    def decide(self, running: Collection[str], request: str) -> Decision:
        """Decide what a request for a model's id does."""
        ...

    def sets(self) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
        """Return each set and its combinations, in the order in which they are tried."""
        ...

    def can_hold(self, models: Collection[str]) -> bool:
        """Return True if all of these models may run together."""
        ...

    def countable(self) -> bool:
        """Return True if there are few enough combinations to write them down."""
        ...


def solver(config: SwapConfig) -> Solver:
    """Return the solver of a configuration that is in force: of its matrix, or of its groups."""
    if config.matrix is not None:
        return MatrixSolver(matrix(config, config.matrix), config.version)
    return GroupSolver(config.groups, tuple(each.id.text for each in config.models))


def matrix(config: SwapConfig, found: SwapMatrix) -> Matrix:
    """Return a checked matrix, in the order that this release looks at sets."""
    handles = {key.text: value.value for key, value in found.handles}
    ids = {each.id.text for each in config.models}

    def resolved(node: Node) -> Node:
        match node:
            case One(name):
                return One(handles.get(name, name), name)
            case Together(terms):
                return Together(tuple(resolved(term) for term in terms))
            case Either(terms):
                return Either(tuple(resolved(term) for term in terms))
        return node

    sets = found.sets
    if config.version >= SETS_SORTED:
        sets = tuple(sorted(sets, key=lambda each: natural.key(each.name.text)))
    costs = {
        handles.get(key.text, key.text): cost.value
        for key, cost in found.costs
        if key.text in handles or (key.text in ids and config.version >= IDS_IN_SETS)
    }
    return Matrix(
        tuple(handles.items()),
        tuple(
            NamedSet(
                each.name.text,
                each.name.text,
                resolved(parsed(each.expression.value)[0]),
                each.name.span,
            )
            for each in sets
        ),
        tuple(costs.items()),
        found.span,
    )


@dataclass(frozen=True, slots=True)
class MatrixSolver:
    """A matrix, solved by expansion before v244 and symbolically since."""

    matrix: Matrix
    version: int

    def decide(self, running: Collection[str], request: str) -> Decision:
        """Return the models that a request evicts, with the chosen set and its cost."""
        running = sorted(running)
        if request in running:
            return Decision((), self._holding(running))
        if self.version >= NO_EXPANSION_LIMIT:
            best = decided(self.matrix, running, request)
        else:
            best = self._expanded(running, request)
        if best is None:
            return Decision(tuple(running))
        name, kept, cost = best
        return Decision(tuple(each for each in running if each not in kept), name, cost)

    def _expanded(
        self, running: Collection[str], request: str
    ) -> tuple[str, frozenset[str], int] | None:
        costs = dict(self.matrix.costs)
        best: tuple[str, frozenset[str], int] | None = None
        for name, combinations in self.matrix.combinations():
            for each in combinations:
                cost = sum(costs.get(model, 1) for model in running if model not in each)
                if request in each and (best is None or cost < best[2]):
                    best = (name, frozenset(each), cost)
        return best

    def _holding(self, models: Collection[str]) -> str | None:
        wanted = frozenset(models)
        for name, states in self.matrix.states(wanted):
            if any(wanted <= state for state in states):
                return name
        return None

    def sets(self) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
        """Yield each set with its combinations, in solving order; models are sorted."""
        for name, combinations in self.matrix.combinations():
            yield name, tuple(tuple(sorted(each)) for each in combinations)

    def can_hold(self, models: Collection[str]) -> bool:
        """Return True if one combination has all of the models."""
        return self._holding(models) is not None

    def countable(self) -> bool:
        """Return True if the combinations can be listed: at most MOST_COMBINATIONS."""
        counts: dict[str, int] = {}
        for each in self.matrix.in_solving_order():
            counts[each.name] = count(each.node, counts)
        return sum(counts.values()) <= MOST_COMBINATIONS


@dataclass(frozen=True, slots=True)
class GroupSolver:
    """Groups; a model in none is in a group of llama-swap's own, which swaps and is exclusive."""

    groups: tuple[SwapGroup, ...]
    models: tuple[str, ...]

    def _group(self, model: str) -> SwapGroup | None:
        for group in self.groups:
            if group.name.text != "(default)" and model in [each.value for each in group.members]:
                return group
        return None

    def decide(self, running: Collection[str], request: str) -> Decision:
        """Return what a request evicts; its set is the name of the model's group."""
        target = self._group(request)
        name = target.name.text if target else "(default)"
        swap = target.swap.value if target else True
        exclusive = target.exclusive.value if target else True
        evict = []
        # A model that runs already still stops others: groups do not ask whether it does.
        for model in sorted({*running} - {request}):
            other = self._group(model)
            if (other is target and swap) or (
                other is not target
                and exclusive
                and not (other is not None and other.persistent.value)
            ):
                evict.append(model)
        return Decision(tuple(evict), name, len(evict))

    def sets(self) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
        """Yield each group: one combination per model if it swaps, else all of its models."""
        named: set[str] = set()
        for group in self.groups:
            members = tuple(each.value for each in group.members if each.value in self.models)
            named.update(members)
            alone = tuple((each,) for each in members)
            yield group.name.text, alone if group.swap.value else (members,)
        rest = tuple((each,) for each in self.models if each not in named)
        if rest:
            yield "(default)", rest

    def countable(self) -> bool:
        """Return True: groups have few combinations."""
        return True

    def can_hold(self, models: Collection[str]) -> bool:
        """Return True if all models run after they are requested in this order."""
        running: set[str] = set()
        for model in models:
            running -= set(self.decide(running, model).evict)
            running.add(model)
        return running >= set(models)
