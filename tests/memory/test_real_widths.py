"""Estimates against what the real llama-server b11434 logged for models as wide as real ones."""

from __future__ import annotations

from typing import Any

import pytest

from llamafleet.capacity.memory.terms import MIB, Kind
from tests.memory.real_widths import CASES, DEEP, PATH, SHALLOW, estimated
from tests.memory.recording import read

PARTS: tuple[Kind, ...] = ("weights", "kv", "recurrent", "output", "compute")


@pytest.mark.parametrize(
    "start", read(PATH), ids=lambda r: f"{r['model']}+{r['devices']} {' '.join(r['flags'])}"
)
def test_every_device_is_within_two_per_cent(start: dict[str, Any]) -> None:
    found = estimated(start)
    assert (found.n_ctx, found.n_ctx_per_slot) == (start["n_ctx"], start["n_ctx_per_slot"])
    for device in {*found.devices, *start["buffers"]}:
        logged = start["buffers"].get(device, {})
        for kind in PARTS[:-1]:
            assert found.size(device, kind) / MIB == pytest.approx(logged.get(kind, 0.0), abs=0.02)
        whole, real = found.size(device, *PARTS) / MIB, sum(logged.values())
        assert whole == pytest.approx(real, rel=0.02, abs=0.02), device


def test_every_case_was_recorded() -> None:
    recorded = {(each["model"], each["devices"], *each["flags"]) for each in read(PATH)}
    assert recorded == {(name, devices, *flags) for name, devices, flags in CASES}
    assert {each[0] for each in recorded} == {*DEEP, *SHALLOW}
