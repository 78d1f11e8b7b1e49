"""The record of the slow lane is of this tree's options; builds that it lacks are named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llamafleet.compiler import compile_text
from llamafleet.plan import plan_host
from llamafleet.targets.fingerprint import configure_options
from tests.builds.cases import CASES, Case
from tests.builds.run import RECORD

RECORDED: dict[str, dict[str, Any]] = json.loads(RECORD.read_text()) if RECORD.is_file() else {}

MISSING = {case.name for case in CASES} - RECORDED.keys()
NOT_YET_COMPILED: frozenset[str] = frozenset(
    {
        *("cpu", "hip-gfx1201", "vulkan", "cuda-sm_61", "hip-gfx906", "cpu-all-variants"),
        "cuda-sm_86",
    }
)
"""Cases that this lane has not been run to the end for: an entry goes when its record comes."""


def options(case: Case) -> list[str]:
    """Return the CMake options that this tree would compile a case with."""
    fleet = compile_text(case.fleet("192.0.2.2", "ssh_config")).fleet
    assert fleet is not None, case.name
    [build] = plan_host(fleet, "maker").builds
    return list(configure_options(build))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_is_a_fleet_without_errors(case: Case) -> None:
    found = compile_text(case.fleet("192.0.2.2", "ssh_config"))
    assert found.fleet is not None, [each.message for each in found.diagnostics]
    assert options(case)


def test_records_are_of_this_trees_options() -> None:
    for case in CASES:
        if case.name in RECORDED:
            again = f"python -m tests.builds.run {case.name} compiles it again"
            assert RECORDED[case.name]["cmake"] == options(case), again


def test_what_was_never_compiled_is_named() -> None:
    assert MISSING == NOT_YET_COMPILED
