"""A measurement that agrees is silent, one that does not is told with both numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llamafleet.capacity.calibration.differences import Difference, from_before, from_estimate
from llamafleet.capacity.footprint import Footprint, Footprints
from llamafleet.capacity.memory.terms import MIB
from llamafleet.lock.measured import Buffers, Measured
from llamafleet.lock.measurement_key import MeasurementKey
from tests.footprint.fleets import fleet_of

SERVER = """
host box {
    gpus = [card]
}
model chat {
    gguf     = llama
    ctx-size = 8192
}
llama-server chat {
    host  = box
    build = cuda
    model = chat
}
"""


@pytest.fixture(scope="module")
def footprint() -> Footprint:
    """The estimate of one process on one card."""
    fleet = fleet_of(SERVER, {"llama": "llama-3.1-8b"})
    (found,) = Footprints(fleet).of("chat", "chat", "box")
    assert found.estimate
    return found


def as_estimated(footprint: Footprint) -> Measured:
    """A measurement that is what was estimated."""
    estimate = footprint.estimate
    assert estimate
    devices = {}
    for device in estimate.devices:
        sizes = {
            kind: sum(t.size for t in estimate.terms if (t.device, t.kind) == (device, kind)) / MIB
            for kind in ("weights", "kv", "recurrent", "compute", "output")
        }
        devices[device] = Buffers(**sizes, total=sum(sizes.values()))
    return Measured(
        MeasurementKey("a", "b", "c"), "2026-01-31", devices, {0: footprint.bytes_on(0) / MIB}
    )


def grown(found: Measured, device: str, kv: float) -> Measured:
    """The same with another KV cache."""
    was = found.devices[device]
    more = replace(was, kv=was.kv + kv, total=was.total + kv)
    return replace(found, devices={**found.devices, device: more})


def test_what_is_as_estimated_is_no_difference(footprint: Footprint) -> None:
    found = as_estimated(footprint)
    assert not list(from_estimate(found, footprint))
    assert not list(from_before(found, found))


@pytest.mark.parametrize("kv", [600.0, -600.0])
def test_a_cache_of_another_size_is_told(footprint: Footprint, kv: float) -> None:
    found = as_estimated(footprint)
    (told,) = from_estimate(grown(found, "CUDA0", kv), footprint)
    was = found.devices["CUDA0"]
    assert told.device == "CUDA0"
    assert told.measured == pytest.approx(was.total + kv)
    assert told.expected == pytest.approx(was.total)
    assert told.most == f" (kv {was.kv + kv:.0f} instead of {was.kv:.0f})"


def test_within_the_margin_nothing_is_told(footprint: Footprint) -> None:
    found = as_estimated(footprint)
    total = found.devices["CUDA0"].total
    assert not list(from_estimate(grown(found, "CUDA0", 0.015 * total), footprint))
    assert list(from_estimate(grown(found, "CUDA0", 0.03 * total), footprint))
    assert not list(from_before(grown(found, "CUDA0", 0.005 * total), found))
    assert list(from_before(grown(found, "CUDA0", 0.02 * total), found))


def test_a_driver_that_takes_more_is_told_where_the_log_agrees(footprint: Footprint) -> None:
    found = as_estimated(footprint)
    (told,) = from_estimate(replace(found, gpus={0: found.gpus[0] + 1000}), footprint)
    assert told.device == "GPU 0, as it says itself"
    (told,) = from_before(replace(found, gpus={0: found.gpus[0] + 1000}), found)
    assert told == Difference("GPU 0, as it says itself", found.gpus[0] + 1000, found.gpus[0])


def test_a_device_that_nobody_expected(footprint: Footprint) -> None:
    """All on the CPU, because the driver was not there that day."""
    found = as_estimated(footprint)
    card = found.devices["CUDA0"]
    devices = {"CPU": replace(card, total=card.total + found.devices["CPU"].total)}
    told = {each.device for each in from_estimate(replace(found, devices=devices), footprint)}
    assert told == {"CPU", "CUDA0"}


def test_without_an_estimate_there_is_nothing_to_hold_it_against(footprint: Footprint) -> None:
    found = grown(as_estimated(footprint), "CUDA0", 5000)
    assert not list(from_estimate(found, replace(footprint, estimate=None)))
