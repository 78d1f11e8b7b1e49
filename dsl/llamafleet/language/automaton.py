"""The LALR(1) loop over the grammar's tables. It knows tokens and rules; lines are the parser's."""

from __future__ import annotations

from typing import NamedTuple

from .tables import Rule, Tables
from .tokens import Token
from .tree import Parts, build


class State(NamedTuple):
    """The stacks of an automaton at one moment."""

    states: tuple[int, ...]
    values: tuple[object, ...]


class Automaton:
    """Shifts tokens and reduces them to nodes."""

    def __init__(self, tables: Tables, path: str) -> None:
        self._tables = tables
        self._path = path
        self._states: list[int] = [tables.start]
        self._values: Parts = []
        self._asked: tuple[int, ...] = (tables.start,)

    @property
    def state(self) -> State:
        """The present state, to go back to."""
        return State(tuple(self._states), tuple(self._values))

    @state.setter
    def state(self, state: State) -> None:
        """Go back to an earlier state."""
        self._states[:] = state.states
        self._values[:] = state.values

    @property
    def result(self) -> object:
        """The latest node."""
        return self._values[-1]

    def feed(self, token: Token) -> bool:
        """Reduce as long as `token` asks for it, then shift it; False if it does not fit here."""
        states, rules = self._tables.states, self._tables.rules
        self._asked = tuple(self._states)
        while (action := states[self._states[-1]].get(token.type)) is not None and action < 0:
            self._reduce(rules[-1 - action])
            if self._states[-1] == self._tables.end:
                return True
        if action is None:
            return False
        self._states.append(action)
        self._values.append(token)
        return True

    def complete(self) -> None:
        """Reduce what is complete whatever comes next."""
        while rule := self._tables.completed[self._states[-1]]:
            self._reduce(rule)

    def _reduce(self, rule: Rule) -> None:
        behind = len(self._values) - rule.size
        value = build(rule.origin, self._values[behind:], self._path)
        del self._states[behind + 1 :]
        del self._values[behind:]
        self._states.append(self._tables.states[self._states[-1]][rule.origin])
        self._values.append(value)

    def expected(self) -> frozenset[str]:
        """Return the tokens that could have come in place of the one that was fed last.

        A row of the table also lists some that could not: they reduce, and then fit no better.
        """
        row = self._tables.states[self._asked[-1]]
        kinds = (kind for kind in row if kind.lstrip("_$").isupper())
        return frozenset(kind for kind in kinds if self._fits(kind, list(self._asked)))

    def fits(self, kind: str) -> bool:
        """Return True if a token of that kind can come next."""
        return self._fits(kind, list(self._states))

    def _fits(self, kind: str, states: list[int]) -> bool:
        while (action := self._tables.states[states[-1]].get(kind)) is not None and action < 0:
            rule = self._tables.rules[-1 - action]
            del states[len(states) - rule.size :]
            states.append(self._tables.states[states[-1]][rule.origin])
            if states[-1] == self._tables.end:
                return True
        return action is not None
