"""Compile every case by a rollout, and record it: hours, so `make test-builds` alone runs it."""

from __future__ import annotations

import pytest

from tests.builds.cases import CASES, Case
from tests.builds.run import run_case, write
from tests.lab.fixtures import require_lab


@pytest.mark.builds
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_build_compiles_and_says_its_devices(case: Case) -> None:
    require_lab()
    record = run_case(case)
    write(case.name, record)
    said = "\n".join(record["list_devices"])
    # Without a card a GPU's backend lists none, and says so; a plugin that failed would say that.
    assert "error" not in said.lower()
    if case.serves:
        assert record["answer"]["completion_tokens"] > 0
    if case.name == "vulkan":
        assert "Vulkan0" in said
        assert record["answer"]["offloaded"]
