"""What a load costs: measured where that is known, else by the weights and the host's own speed."""

from __future__ import annotations

from dataclasses import replace

from llamafleet.capacity.derive.load_cost import load_costs, weight
from llamafleet.compiler import compile_file
from llamafleet.fleet.model import Fleet
from llamafleet.lock.measured import Measured
from llamafleet.lock.measurement_key import measurement_key
from llamafleet.targets.swap.block import LlamaSwap
from tests.derive.example_lock import EXAMPLE
from tests.lock.measurements import with_measured

GIB = 1 << 30


def example() -> tuple[Fleet, LlamaSwap]:
    fleet = compile_file(EXAMPLE / "fleet.fleet").fleet
    assert fleet is not None
    service = fleet.services["attic"]
    assert isinstance(service, LlamaSwap)
    return fleet, service


def measured(fleet: Fleet, seconds: dict[str, float]) -> Fleet:
    """The fleet with loads that took so long."""
    tree = fleet.measured
    for name, taken in seconds.items():
        key = measurement_key(fleet, "attic", "attic", name)
        assert key is not None
        found = Measured(key, "2026-11-21", {}, load_seconds=taken)
        tree = with_measured(tree, "attic", "attic", name, found)
    return replace(fleet, measured=tree)


def test_nothing_is_measured() -> None:
    """A second, and the weights at a GiB a second; in tenths, rounded up."""
    fleet, service = example()
    costs = load_costs(service, fleet)
    for name, cost in costs.items():
        assert cost == -(-(10 * GIB + 10 * weight(fleet, name)) // GIB)
    assert costs["fast"] == costs["draft"], "the same weights"


def test_a_measured_load_is_what_it_costs_and_shows_the_speed() -> None:
    fleet, service = example()
    size = weight(fleet, "chat")
    found = load_costs(service, measured(fleet, {"chat": 1 + size / (GIB / 2)}))
    assert abs(found["chat"] - (10 + 20 * size / GIB)) < 1.001
    slow = 10 + 20 * weight(fleet, "think") / GIB
    assert abs(found["think"] - slow) < 1.001


def test_a_measurement_of_something_else_does_not_count() -> None:
    fleet, service = example()
    known = measured(fleet, {"chat": 99.0})
    model = fleet.models["chat"]
    other = replace(model, flags=tuple(each for each in model.flags if each.key != "ctx-size"))
    changed = replace(known, models={**known.models, "chat": other})
    assert load_costs(service, known)["chat"] == 990
    assert load_costs(service, changed) == load_costs(service, fleet)
