"""`simulate` stops whom the real llama-swap was seen to stop, by matrices and by groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from llamafleet.language.source import Source
from llamafleet.simulate import Simulation
from llamafleet.swap_config.load import read_swap_config
from tests.conformance.record import recorded

CASES: Mapping[str, Any] = recorded("evictions")["cases"]


@pytest.mark.parametrize("name", list(CASES))
def test_follows_the_recording(name: str) -> None:
    case = CASES[name]
    config, found = read_swap_config(Source("config.yaml", "\n".join(case["config"])))
    assert config is not None
    assert not [each for each in found if each.refused]
    requests = [model for _, model, _ in case["seen"]]
    steps = list(Simulation(config).run((), requests))
    assert [list(each.running) for each in steps] == [after for *_, after in case["seen"]]
