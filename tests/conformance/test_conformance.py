"""The llama-swap of this machine, and the double, do what the real one was recorded to do."""

from __future__ import annotations

import pytest

from tests.conformance.cases import FAMILIES
from tests.conformance.conftest import Observations
from tests.conformance.record import recorded, recording
from tests.lab.llama_swap import LlamaSwapBinary

CASES = {(family, each.name): each for family, all_ in FAMILIES.items() for each in all_}
RERECORD = "python -m tests.conformance.record, where the real llama-swap is"


@pytest.mark.parametrize("which", ["found", "double"])
@pytest.mark.parametrize(("family", "name"), list(CASES))
def test_does_what_was_recorded(
    observations: Observations,
    llama_swap_binary: LlamaSwapBinary,
    which: str,
    family: str,
    name: str,
) -> None:
    case = CASES[family, name]
    recordings = recorded(family)
    expected = recordings["cases"].get(name)
    assert expected is not None, f"no recording of {name!r}: {RERECORD}"
    assert expected["config"] == case.config.splitlines(), f"the case has changed: {RERECORD}"
    tried = llama_swap_binary if which == "found" else "the double"
    blame = f"{tried} does not do what {recordings['version']} was recorded to do"
    assert recording(case, observations.of(which, family, case)) == expected, blame


@pytest.mark.parametrize("family", list(FAMILIES))
def test_every_recording_has_a_case(family: str) -> None:
    names = {each.name for each in FAMILIES[family]}
    assert set(recorded(family)["cases"]) == names, RERECORD


def test_recordings_are_of_the_real_one() -> None:
    versions = {recorded(family)["version"] for family in FAMILIES}
    assert len(versions) == 1, f"recorded at different times: {RERECORD}"
    assert "double" not in versions.pop()
