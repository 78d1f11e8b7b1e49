"""Models that go where memory is free, started when others are there already.

A model over several cards without a `tensor-split` is spread by what is free when it starts. What
was derived holds for empty cards; a combination that is too much where such a model comes last is
taken out here: the model is said to need so much of a card that it is not beside the others.
"""

from __future__ import annotations

from ...dataclasses import replace
from ...fleet.matrix import Matrix
from ...targets.swap.block import LlamaSwap
from ..footprint import Footprints
from ..footprint.overfull import Overfull, follows_free_memory, overfull
from .placement_problem import PlacementProblem

MOST_ROUNDS = 40


def spreads(service: LlamaSwap, footprints: Footprints) -> bool:
    """Return True if a model of a service is spread by the memory that is free when it starts."""
    return any(
        follows_free_memory(footprints, each)
        for name in service.models
        for each in footprints.of(service.name, name, service.host)
    )


def without_overfull(
    service: LlamaSwap, matrix: Matrix, problem: PlacementProblem, footprints: Footprints
) -> PlacementProblem | None:
    """Return the problem with larger demands if a derived combination does not fit, else None."""
    fleet = footprints.fleet
    services = {**fleet.services, service.name: replace(service, matrix=matrix)}
    now = footprints.of_fleet(replace(fleet, services=services))
    derived = {each.name for each in matrix.sets if each.origin == matrix.auto.sets}
    demands = dict(problem.demands)
    for found in overfull(now, fleet.hosts[service.host]):
        if found.service.name == service.name and found.combination.name in derived:
            _exclude(found, problem, demands)
    return replace(problem, demands=demands) if demands != problem.demands else None


def _exclude(
    found: Overfull, problem: PlacementProblem, demands: dict[str, tuple[int, ...]]
) -> None:
    """Let the last model need a byte more than the others leave of the card they share most."""
    last = found.last
    if last is None or last not in demands:
        return
    others = [
        demands[name] for name in found.combination.models if name in demands and name != last
    ]
    shared = [
        (sum(demand[card] for demand in others), -card)
        for card in problem.used
        if demands[last][card] and problem.room[card] is not None
    ]
    taken, card = max(shared, default=(0, 0))
    if taken:
        own = list(demands[last])
        own[-card] = max(own[-card], (problem.room[-card] or 0) - taken + 1)
        demands[last] = tuple(own)
