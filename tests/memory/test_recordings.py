"""Estimates against what the real llama-server b11434 logged."""

from __future__ import annotations

from typing import Any

import pytest

from llamafleet.capacity.memory import Device, Estimate, Flags
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.capacity.memory.terms import MIB, Kind
from tests.memory.cases import ALL
from tests.memory.models import REAL, TINY
from tests.memory.recorded import RECORDINGS, estimated, facts_of_made

EXACT: tuple[Kind, ...] = ("weights", "kv", "recurrent", "output")
ROUNDING = 0.005


@pytest.mark.parametrize(
    "record", RECORDINGS, ids=lambda r: f"{r['model']}+{r['devices']} {' '.join(r['flags'])}"
)
def test_as_the_server_says(record: dict[str, Any]) -> None:
    found = estimated(record)
    assert (found.n_ctx, found.n_ctx_per_slot) == (record["n_ctx"], record["n_ctx_per_slot"])
    several = record["devices"] > 1
    for device in {*found.devices, *record["buffers"]}:
        logged = record["buffers"].get(device, {})
        for kind in EXACT:
            mine, real = found.size(device, kind) / MIB, logged.get(kind, 0.0)
            # Two buffers of a kind, such as mapped and repacked weights, are rounded twice.
            assert mine == pytest.approx(real, abs=0.01 + ROUNDING), f"{device} {kind}"
        mine, real = found.size(device, "compute") / MIB, logged.get("compute", 0.0)
        above = 1.15 if several else 1.02
        assert real * 0.98 - 0.01 <= mine <= real * above + 0.01, f"{device} compute: {mine} {real}"


def test_recordings_have_every_layout() -> None:
    kinds = {kind for record in RECORDINGS for of in record["buffers"].values() for kind in of}
    assert kinds == {"weights", "kv", "recurrent", "output", "compute"}
    assert {record["devices"] for record in RECORDINGS} == {0, 1, 2, 3}
    assert {record["model"] for record in RECORDINGS} == set(ALL)


def test_without_a_known_graph_the_estimate_says_so() -> None:
    made = TINY["llama"]()
    made.tensors = [each for each in made.tensors if each[0] != "token_embd.weight"]
    odd = facts_of_made(made)
    found = estimate(odd, Flags(ctx_size=2048))
    assert isinstance(found, Estimate)
    (term,) = [each for each in found.terms if each.kind == "compute"]
    assert "rule of thumb" in term.formula
    assert term.size > 0


@pytest.mark.parametrize("name", REAL)
def test_real_dimensions_are_quick(name: str) -> None:
    found = facts_of_made(REAL[name]())
    whole = estimate(found, Flags(ctx_size=32768), [Device("CUDA0", 1 << 40)])
    assert isinstance(whole, Estimate)
    assert whole.size("CUDA0", "weights") > 0.9 * found.tensor_bytes - whole.size("CPU", "weights")
    assert 0 < whole.size("CUDA0", "compute") < whole.size("CUDA0", "weights")


def test_the_cache_of_deepseek_v3_is_the_published_one() -> None:
    # 61 layers x 576 values of 16 bits: 68.6 KiB a token.
    found = facts_of_made(REAL["deepseek-v3"]())
    whole = estimate(found, Flags(ctx_size=32768, parallel=1))
    assert isinstance(whole, Estimate)
    assert whole.size("CPU", "kv") == 61 * 576 * 2 * 32768
