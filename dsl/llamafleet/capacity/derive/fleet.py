"""Deriving the matrices that the llama-swaps of a fleet leave open."""

from __future__ import annotations

from ...dataclasses import replace
from ...diagnostics.model import Diagnostics, Label
from ...fleet.matrix import Matrix
from ...fleet.model import Fleet, Service
from ...source import Span
from ...targets.swap.block import LlamaSwap, llama_swaps
from ...targets.swap.spillover import check_together
from ..footprint import Footprints
from .components import components
from .load_cost import load_costs
from .matrix import most_combinations, with_costs, with_sets
from .placement_problem import PlacementProblem, problem_of, rivals
from .started_last import MOST_ROUNDS, spreads, without_overfull

UNKNOWN_HINT = (
    "run llamafleet lock to read the headers of the weights, or set vram = ... in the model"
)


def derive(fleet: Fleet, diagnostics: Diagnostics) -> tuple[Fleet, Footprints]:
    """Return the fleet with complete matrices, and the footprints of its models.

    A matrix that cannot be derived is an error.
    """
    footprints = Footprints(fleet)
    services: dict[str, Service] = dict(fleet.services)
    for service in llama_swaps(fleet):
        if service.matrix is not None:
            matrix = _completed(service, service.matrix, footprints, diagnostics)
            services[service.name] = derived = replace(service, matrix=matrix)
            if matrix.auto.sets and matrix.sets:
                _check_spillover(derived, fleet, diagnostics)
    complete = replace(fleet, services=services)
    return complete, footprints.of_fleet(complete)


def _completed(
    service: LlamaSwap, matrix: Matrix, footprints: Footprints, diagnostics: Diagnostics
) -> Matrix:
    if matrix.auto.costs:
        matrix = with_costs(matrix, load_costs(service, footprints.fleet))
    if matrix.auto.sets is None or _shares_cards(service, footprints, diagnostics):
        return matrix
    problem = problem_of(service, footprints)
    if _reported(service, problem, footprints, diagnostics):
        return matrix
    most = most_combinations(matrix, service.version)
    rounds = MOST_ROUNDS if spreads(service, footprints) else 0
    while True:
        found = components(problem.demands, problem.room, most - len(problem.outside))
        if found is None:
            _report_too_many(service, most, diagnostics)
            return matrix
        derived = with_sets(matrix, found, problem.outside, service.version)
        smaller = without_overfull(service, derived, problem, footprints) if rounds else None
        if smaller is None:
            return derived
        problem, rounds = smaller, rounds - 1


def _shares_cards(service: LlamaSwap, footprints: Footprints, diagnostics: Diagnostics) -> bool:
    """Report another llama-swap that also wants all that is left of a card; once for the two."""
    own = _cards(service, footprints)
    names = list(footprints.fleet.services)
    found = False
    for other in rivals(service, footprints.fleet):
        shared = sorted(own & _cards(other, footprints))
        found = found or bool(shared)
        if shared and names.index(other.name) < names.index(service.name):
            diagnostics.error(
                "conflicting-keys",
                f'llama-swap "{other.name}" and "{service.name}" both take what is left of GPU '
                f'{shared[0]} of host "{service.host}"',
                _place(service),
                related=(Label(_place(other), "the other sets = auto"),),
                hint="write the sets of one of them, give them different gpus, or merge the two",
            )
    return found


def _place(service: LlamaSwap) -> Span:
    """Return the place of `sets = auto`, else that of the service."""
    auto = service.matrix.auto.sets if service.matrix else None
    return auto or service.origin


def _cards(service: LlamaSwap, footprints: Footprints) -> frozenset[int]:
    return frozenset(
        card
        for name in service.models
        for each in footprints.of(service.name, name, service.host)
        for card in each.uses
    )


def _reported(
    service: LlamaSwap, problem: PlacementProblem, footprints: Footprints, diagnostics: Diagnostics
) -> bool:
    """Say what is not known; whether nothing can be derived."""
    auto = _place(service)
    host = footprints.fleet.hosts[service.host]
    for card in sorted(problem.used):
        if problem.room[card] is None:
            gpu = host.gpus[card]
            diagnostics.error(
                "missing-key",
                f'sets = auto needs the memory of gpu "{gpu.name}"',
                auto,
                related=(Label(gpu.origin, "has no vram"),),
                hint="add vram = ... to it, for example vram = 24GiB",
            )
            return True
    for name, why in problem.unknown:
        diagnostics.warning(
            "vram-unknown",
            f'model "{name}" runs alone, because its memory is unknown: {why}',
            footprints.fleet.models[name].origin,
            related=(Label(auto, "derived here"),),
            hint=UNKNOWN_HINT,
        )
    for who, why in problem.unsure:
        diagnostics.warning(
            "vram-unknown",
            f"sets = auto leaves no room for {who}: {why}",
            auto,
            hint=UNKNOWN_HINT,
        )
    return False


def _report_too_many(service: LlamaSwap, most: int, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        "matrix-too-large",
        f"{len(service.models)} models can be combined in more than {most} ways",
        _place(service),
        hint="write the sets you want, for example: set small = a & b & c; or serve fewer models",
    )


def _check_spillover(service: LlamaSwap, fleet: Fleet, diagnostics: Diagnostics) -> None:
    ids = {each: name for name in service.models for each in (name, *fleet.models[name].other_ids)}
    for selector in service.routes.selectors:
        if selector.strategy == "spillover":
            local = [ids[each.text] for each in selector.targets if each.text in ids]
            check_together(selector, local, service.matrix, (), diagnostics)
