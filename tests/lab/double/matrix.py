"""The matrix of a config: set expressions, their order, and which models a request evicts.

Written from the documented behaviour and checked against recordings of the real program; it shares
no code with llamafleet's own solver, so that each can show the other's mistakes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .expression import Node, Parser
from .refusal import RefusedError

VAR_NAME = re.compile(r"[a-zA-Z0-9.-]{1,32}")
Choice = frozenset[str]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Sets in the order in which they are tried, and the cost of evicting each model."""

    sets: tuple[tuple[str, Node], ...]
    costs: Mapping[str, int]

    def evictions(self, model: str, running: Sequence[str]) -> tuple[str, ...]:
        """The running models to stop before `model` can be loaded."""
        if model in running:
            return ()
        relevant = frozenset((model, *running))
        roots = dict(self.sets)
        best: tuple[int, Choice] | None = None
        for _, root in self.sets:
            for choice in _choices(root, relevant, roots):
                if model not in choice:
                    continue
                cost = sum(self.costs.get(each, 1) for each in running if each not in choice)
                if best is None or cost < best[0]:
                    best = cost, choice
        kept = best[1] if best else frozenset[str]()
        return tuple(each for each in running if each not in kept)


def _choices(node: Node, relevant: Choice, roots: Mapping[str, Node]) -> list[Choice]:
    """The combinations of an expression, cut down to the models that matter now.

    A combination that keeps no more than another is dropped: that is what decides exotic ties.
    """
    match node.kind:
        case "model":
            return [relevant & {node.name}]
        case "ref":
            return _choices(roots[node.name], relevant, roots)
        case "or":
            kept: list[Choice] = []
            for part in node.parts:
                for choice in _choices(part, relevant, roots):
                    kept = _keep(kept, choice)
            return kept
        case _:
            kept = [frozenset()]
            for part in node.parts:
                joined: list[Choice] = []
                for left in kept:
                    for right in _choices(part, relevant, roots):
                        joined = _keep(joined, left | right)
                kept = joined
            return kept


def _keep(kept: list[Choice], choice: Choice) -> list[Choice]:
    if any(choice <= each for each in kept):
        return kept
    return [*(each for each in kept if not each <= choice), choice]


# Reading the `matrix` mapping of a config.


def read_matrix(raw: Mapping[str, object], models: Mapping[str, object]) -> Matrix:
    """Check and compile a matrix; `models` are the config's ids."""
    written = raw.get("sets") or {}
    if not isinstance(written, Mapping):
        raise RefusedError("sets must be a mapping")
    if not written:
        raise RefusedError("matrix must define at least one set")
    names = _vars(raw.get("vars") or {}, models)
    costs = _costs(raw.get("evict_costs") or {}, names, models)
    sets: dict[str, Node] = {}
    for name in sorted((str(each) for each in written), key=natural):
        try:
            sets[name] = Parser(str(written[name] or "")).whole()
        except RefusedError as error:
            raise RefusedError(f'set "{name}": {error}') from None
        sets[name] = _named(sets[name], name, names, models, written)
    return Matrix(tuple((name, sets[name]) for name in _referenced_first(sets)), costs)


def _vars(raw: object, models: Mapping[str, object]) -> dict[str, str]:
    names: dict[str, str] = {}
    for name, model in sorted(raw.items()) if isinstance(raw, Mapping) else ():
        if not VAR_NAME.fullmatch(name):
            raise RefusedError(
                f"var key \"{name}\" must contain only alphanumeric, '-' or '.' characters "
                "and be 1-32 characters long"
            )
        if model not in models:
            raise RefusedError(f'var key "{name}" references unknown model "{model}"')
        names[name] = model
    return names


def _costs(raw: object, names: Mapping[str, str], models: Mapping[str, object]) -> dict[str, int]:
    costs: dict[str, int] = {}
    for key, cost in sorted(raw.items()) if isinstance(raw, Mapping) else ():
        if int(cost) <= 0:
            raise RefusedError(
                f'evict_cost for "{key}" must be a positive integer, got {int(cost)}'
            )
        if key not in names and key not in models:
            raise RefusedError(f'evict_costs: unknown var or model "{key}"')
        costs[names.get(key, key)] = int(cost)
    return costs


def _named(
    node: Node,
    set_name: str,
    names: Mapping[str, str],
    models: Mapping[str, object],
    sets: Mapping[str, object],
) -> Node:
    """The expression with each name replaced by the model that it stands for."""
    if node.kind == "model":
        model = names.get(node.name, node.name)
        if model not in models:
            raise RefusedError(f'set "{set_name}": unknown var or model "{node.name}"')
        return Node("model", model)
    if node.kind == "ref" and node.name not in sets:
        raise RefusedError(f'set "{set_name}" references undefined set "{node.name}"')
    parts = tuple(_named(each, set_name, names, models, sets) for each in node.parts)
    return Node(node.kind, node.name, parts)


def _referenced_first(sets: Mapping[str, Node]) -> list[str]:
    """Set names in the order they are tried: what a set refers to comes before it."""
    order: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise RefusedError(f'circular reference detected involving set "{name}"')
        if name in order:
            return
        for node in sets[name].walk():
            if node.kind == "ref":
                visit(node.name, (*above, name))
        order.append(name)

    for name in sets:
        visit(name, ())
    return order


def _compare(left: str, right: str) -> int:
    """Order of mapping keys in llama-swap's YAML library: digit runs count as numbers."""
    at = next(
        (i for i, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), -1
    )
    if at < 0:
        return len(left) - len(right)
    one, other = left[at], right[at]
    if one.isalpha() and other.isalpha():
        return -1 if one < other else 1
    if one.isalpha() or other.isalpha():
        in_number = at > 0 and left[at - 1].isdecimal()
        return -1 if one.isalpha() == in_number else 1
    numbers = []
    for text in (left, right):
        run = re.match(r"\d*", text[at:])
        digits = run[0] if run else ""
        before = re.search(r"\d*$", left[:at])
        leading = "1" if "0" in (one, other) and before and before[0].strip("0") else ""
        numbers.append((int(leading + digits or "0"), len(digits), text[at]))
    return -1 if numbers[0] < numbers[1] else 1


natural = functools.cmp_to_key(_compare)
"""Sort key of set names."""
