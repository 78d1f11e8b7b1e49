"""`--split-mode tensor` against what the real llama-server b11434 logged."""

from __future__ import annotations

from typing import Any

import pytest

from llamafleet.capacity.memory import Device, Estimate, Flags
from llamafleet.capacity.memory.engine.tensor_split import META
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.capacity.memory.spread import largest
from llamafleet.capacity.memory.terms import MIB, Kind
from tests.memory.models import REAL, TINY
from tests.memory.recorded import facts_of_made
from tests.memory.recording import read
from tests.memory.tensor_splits import PATH, estimated

KINDS: tuple[Kind, ...] = ("weights", "kv", "recurrent", "output", "compute")


@pytest.mark.parametrize(
    "start", read(PATH), ids=lambda r: f"{r['model']}+{r['devices']} {' '.join(r['flags'])}"
)
def test_as_the_server_says(start: dict[str, Any]) -> None:
    found = estimated(start)
    assert (found.n_ctx, found.n_ctx_per_slot) == (start["n_ctx"], start["n_ctx_per_slot"])
    together = largest(found)
    for kind in KINDS:
        for device, size in ((META, together.get(kind, 0)), ("CPU", found.size("CPU", kind))):
            logged = start["buffers"][device].get(kind, 0.0)
            close = pytest.approx(logged, abs=0.016, rel=0.02 if kind == "compute" else 0)
            assert size / MIB == close, f"{device} {kind}"


def test_slices_of_all_devices_are_the_whole() -> None:
    """What is cut is there once; what is not cut is there on every device."""
    facts = facts_of_made(REAL["llama-3.3-70b"]())
    cards = [Device(f"CUDA{index}", 48 << 30) for index in range(4)]
    one = estimate(facts, Flags(ctx_size=8192, parallel=1), cards[:1])
    four = estimate(facts, Flags(ctx_size=8192, parallel=1, split_mode="tensor"), cards)
    assert isinstance(one, Estimate)
    assert isinstance(four, Estimate)
    norms = sum(each.size for each in facts.tensors if "norm" in each.name)
    whole: tuple[tuple[Kind, int], ...] = (("weights", 3 * norms), ("kv", 0))
    for kind, more in whole:
        assert sum(four.size(each.name, kind) for each in cards) == one.size("CUDA0", kind) + more
    assert {four.size(each.name, "compute") for each in cards} == {one.size("CUDA0", "compute")}


def test_what_cannot_be_split_is_said() -> None:
    flags = Flags(ctx_size=4096, split_mode="tensor")
    card = [Device("CUDA0", 1 << 34)]
    refused = estimate(facts_of_made(TINY["deepseek2"]()), flags, card)
    assert isinstance(refused, str)
    assert "not implemented for deepseek2" in refused
    assert "row" in str(
        estimate(facts_of_made(TINY["llama"]()), Flags(split_mode="row", ctx_size=4096), card)
    )
