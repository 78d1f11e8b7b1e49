"""`simulate` stops whom the real llama-swap was seen to stop, by matrices and by groups."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from llamafleet.llama_swap.load import read_swap_config
from llamafleet.llama_swap.simulate import Simulation
from llamafleet.source import Source
from tests.conformance.case import Case
from tests.conformance.record import recorded
from tests.simulate import older

CASES: Mapping[str, Any] = recorded("evictions")["cases"]
OLDER: Mapping[str, Any] = json.loads(older.RECORDING.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", list(CASES))
def test_follows_the_recording(name: str) -> None:
    case = CASES[name]
    config, found = read_swap_config(Source("config.yaml", "\n".join(case["config"])))
    assert config is not None
    assert not [each for each in found if each.refused]
    requests = [model for _, model, _ in case["seen"]]
    steps = list(Simulation(config).run((), requests))
    assert [list(each.running) for each in steps] == [after for *_, after in case["seen"]]


def stopped(text: str, requests: list[str], version: int) -> list[list[str]]:
    """What runs after each request."""
    config, found = read_swap_config(Source("config.yaml", text), version)
    assert config is not None
    assert not [each for each in found if each.refused]
    return [list(each.running) for each in Simulation(config).run((), requests)]


@pytest.mark.parametrize("case", older.CASES, ids=lambda case: case.name)
def test_follows_an_older_release(case: Case) -> None:
    recording = OLDER[case.name]
    assert recording["config"] == case.config.splitlines(), "python -m tests.simulate.older"
    requests = [model for _, model in case.steps]
    assert stopped(case.config, requests, 242) == recording["seen"]


def test_the_order_of_sets_matters() -> None:
    """Some of these decisions were made differently since v243."""
    assert any(
        stopped(case.config, [model for _, model in case.steps], 250) != OLDER[case.name]["seen"]
        for case in older.CASES
    )
