"""Predict what llama-swap must evict, from the plan's combinations alone.

Small on purpose and independent of the compiler's solver: `tests/conformance/test_solver.py` holds
both against recordings of the real program.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from llamafleet.targets.plan_types import GroupPlan, MatrixPlan

UNGROUPED = GroupPlan((), swap=True, exclusive=True, persistent=False)
"""llama-swap's treatment of models that are in no group."""


def after_request(
    matrix: MatrixPlan | None,
    running: Collection[str],
    model: str,
    groups: Collection[GroupPlan] = (),
) -> frozenset[str]:
    """Return the models that run after a request for `model`."""
    if groups:
        # Unlike a matrix, groups apply to a model that runs already, too.
        return frozenset((model, *(x for x in running if not _pushes(groups, model, x))))
    if model in running:
        return frozenset(running)
    best: tuple[int, frozenset[str]] | None = None
    costs = dict(matrix.costs) if matrix else {}
    for choice in _choices(matrix, frozenset((*running, model))) if matrix else ():
        cost = sum(costs.get(each, 1) for each in running if each not in choice)
        if model in choice and (best is None or cost < best[0]):
            best = cost, choice
    kept = best[1] if best else frozenset[str]()  # without a set for it a model runs alone
    return frozenset((model, *(each for each in running if each in kept)))


def _pushes(groups: Collection[GroupPlan], model: str, other: str) -> bool:
    """Return True if loading a model unloads another."""
    own, its = (
        next((group for group in groups if each in group.models), UNGROUPED)
        for each in (model, other)
    )
    return own.swap if own is its else own.exclusive and not its.persistent


def _choices(matrix: MatrixPlan, relevant: frozenset[str]) -> Iterator[frozenset[str]]:
    """Yield the relevant part of each combination; of a set, subsets of another are dropped."""
    for _, combinations in matrix.sets:
        kept: list[frozenset[str]] = []
        for each in combinations:
            choice = relevant & frozenset(each)
            if not any(choice <= other for other in kept):
                kept = [*(other for other in kept if not other <= choice), choice]
        yield from kept


def walk(
    matrix: MatrixPlan | None, models: tuple[str, ...], groups: Collection[GroupPlan] = ()
) -> tuple[str, ...]:
    """Return requests that load the first combination of each set, then a model outside it.

    With groups each model is requested, and the first one again. Without groups and matrix any two
    models suffice: one must evict the other.
    """
    if groups:
        return (*models, *models[:1])
    requests: list[str] = []
    combinations = [each[0] for _, each in matrix.sets if each] if matrix else [models[:1]]
    for combination in combinations:
        requests += combination
        outside = [each for each in models if each not in combination]
        requests += outside[:1]
    return tuple(requests)
