"""set-tie: a request that could evict either of two models at equal cost."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.matrix import Matrix
from .context import RuleContext
from .redundant_set import small
from .report import warning
from .rule import WARNING, Code, rule

MOST = 400
STEPS = 100_000
"""Comparisons after which no further ties are looked for."""

Combination = tuple[str, frozenset[str]]


@rule(
    Code(
        "set-tie",
        WARNING,
        "A request can evict either of two models at equal cost, so the order of the sets decides.",
        in_yaml=True,
    ),
)
def set_tie(context: RuleContext) -> Iterator[Diagnostic]:
    """Report the first tie of each matrix; any combination can be what is loaded.

    Derived sets have an order that says what shall stay: their ties are meant.
    """
    for service in context.swaps:
        matrix = service.matrix
        if matrix is not None and not matrix.auto.sets and small(matrix, MOST):
            yield from _in_matrix(matrix)


def _in_matrix(matrix: Matrix) -> Iterator[Diagnostic]:
    tried = [
        (name, frozenset(models))
        for name, combinations in matrix.combinations()
        for models in combinations
    ]
    costs = dict(matrix.costs)
    holding: dict[str, list[Combination]] = {}
    for each in tried:
        for model in sorted(each[1]):
            holding.setdefault(model, []).append(each)
    steps = 0
    for _, running in tried:
        for request, candidates in holding.items():
            if request in running:
                continue
            steps += len(candidates)
            if steps > STEPS:
                return
            best = _best(running, candidates, costs)
            if len(best) > 1:
                yield _tie(matrix, running, request, best)
                return


def _best(
    running: frozenset[str], candidates: list[Combination], costs: dict[str, int]
) -> list[tuple[str, frozenset[str]]]:
    """Return the cheapest ways to make room, each with the set that it comes from."""
    found: dict[frozenset[str], str] = {}
    lowest: int | None = None
    for name, models in candidates:
        lost = running - models
        cost = sum(costs.get(model, 1) for model in lost)
        if lowest is None or cost < lowest:
            lowest, found = cost, {lost: name}
        elif cost == lowest:
            found.setdefault(lost, name)
    return [(name, lost) for lost, name in found.items()]


def _tie(
    matrix: Matrix, running: frozenset[str], request: str, best: list[Combination]
) -> Diagnostic:
    sets = {each.rendered: each for each in matrix.sets}
    (name, first), (other, second) = best[:2]
    loaded = _listed(running)
    message = (
        f'with {loaded} loaded, a request for "{request}" can evict {_listed(first)} or '
        f"{_listed(second)} at equal cost; the order of the matrix picks {_listed(first)}"
    )
    hint = "give one of them a higher cost: evict-cost { ... }"
    related = (Label(sets[other].origin, "costs the same"),) if other != name else ()
    return warning("set-tie", message, sets[name].origin, hint, *related)


def _listed(models: frozenset[str]) -> str:
    return " and ".join(f'"{model}"' for model in sorted(models))
