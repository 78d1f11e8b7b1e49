"""The llama-swap of this machine, and the double, do what the real one was recorded to do."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conformance.cases import FAMILIES
from tests.conformance.conftest import Observations
from tests.conformance.record import recorded, recording
from tests.lab.llama_swap import LlamaSwapBinary

CASES = {(family, each.name): each for family, all_ in FAMILIES.items() for each in all_}

RERECORD = "python -m tests.conformance.record, where the real llama-swap is"


def recorded_release(family: str) -> int:
    """The release that the recordings are of."""
    found = re.match(r"v([0-9]+) ", recorded(family)["version"])
    assert found is not None
    return int(found[1])


def reworded(seen: Any) -> Any:
    """Return an observation with errors of llama-swap in one form, whichever release wrote them.

    Since v251 the body of an error has an object with the message, and before the message itself.
    """
    if isinstance(seen, list | tuple):
        return [reworded(each) for each in seen]
    if not isinstance(seen, dict):
        return seen
    inner = {key: reworded(value) for key, value in seen.items()}
    match inner.get("error"):
        case {"message": str(message)} | str(message) if set(inner) <= {"error", "src"}:
            return {"error": message}
    return inner


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
    seen = recording(case, observations.of(which, family, case))
    if which == "found" and llama_swap_binary.release != recorded_release(family):
        # Who does not say its release may be any; another one may differ in this alone.
        seen, expected = reworded(seen), reworded(expected)
    assert seen == expected, blame


@pytest.mark.parametrize("family", list(FAMILIES))
def test_every_recording_has_a_case(family: str) -> None:
    names = {each.name for each in FAMILIES[family]}
    assert set(recorded(family)["cases"]) == names, RERECORD


def test_errors_of_both_forms_compare_and_nothing_else_is_lost() -> None:
    new = {"message": "model not found", "type": "invalid_request_error", "code": "not_found"}
    old_step = ["get", "/x", {"status": 404, "body": {"error": "model not found", "src": "s"}}]
    new_step = ["get", "/x", {"status": 404, "body": {"src": "s", "error": new}}]
    assert reworded([old_step]) == reworded([new_step])
    other = ["get", "/x", {"status": 500, "body": {"src": "s", "error": new}}]
    assert reworded([other]) != reworded([old_step])
    config = {"accepted": False, "error": "no"}
    assert reworded(config) == config


def test_recordings_are_of_the_real_one() -> None:
    versions = {recorded(family)["version"] for family in FAMILIES}
    assert len(versions) == 1, f"recorded at different times: {RERECORD}"
    assert "double" not in versions.pop()
