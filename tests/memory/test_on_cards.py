"""Work that a card takes from the host, against what the real llama-server b11434 logged."""

from __future__ import annotations

from typing import Any

import pytest

from llamafleet.capacity.memory.terms import MIB, Kind
from tests.memory.on_cards import CASES, PATH, estimated
from tests.memory.recording import read

EXACT: tuple[Kind, ...] = ("weights", "kv", "recurrent", "output")
ROUNDED = 0.016


@pytest.mark.parametrize(
    "start", read(PATH), ids=lambda r: f"{r['model']}+{r['devices']} {' '.join(r['flags'])}"
)
def test_as_the_server_says(start: dict[str, Any]) -> None:
    found = estimated(start)
    for device in {*found.devices, *start["buffers"]}:
        logged = start["buffers"].get(device, {})
        for kind in EXACT:
            real = pytest.approx(logged.get(kind, 0.0), abs=ROUNDED)
            assert found.size(device, kind) / MIB == real, f"{device} {kind}"
        real = pytest.approx(logged.get("compute", 0.0), rel=0.02, abs=ROUNDED)
        assert found.size(device, "compute") / MIB == real, f"{device} compute"


def test_every_case_was_recorded_on_its_cards() -> None:
    starts = read(PATH)
    assert len(starts) == len(CASES)
    for start in starts:
        cards = {name for name in start["buffers"] if name != "CPU"}
        assert cards <= {f"Vulkan{index}" for index in range(start["devices"])}
    assert any("Vulkan1" in start["buffers"] for start in starts)
