"""Problems in the data of hosts are reported before anything runs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamafleet_roles.site_data import DataError, data_problems, read_seconds, read_switch
from tests.e2e.rollout import ROOT, Site

SERVICES = ("voice", "worker")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(300, 300), ("300", 300), ("90s", 90), ("5m", 300), ("1h30m", 5400), (" 2m ", 120)],
)
def test_spans_of_time_are_read(value: object, expected: int) -> None:
    assert read_seconds(value) == expected


@pytest.mark.parametrize("value", ["5 min", "", "m", 0, -1, True, None, 1.5, "9" * 30, [], "٣"])
def test_what_is_no_span_of_time_is_named(value: object) -> None:
    with pytest.raises(DataError, match="is "):
        read_seconds(value)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.binary()))
def test_nothing_but_a_data_error_comes_out(value: object) -> None:
    for reader in (read_seconds, read_switch):
        try:
            reader(value)
        except DataError:
            continue


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"llamafleet_health_timeout": "soon"},
            "llamafleet_health_timeout is 'soon', expected seconds such",
        ),
        (
            {"llamafleet_healt_timeout": 5},
            "unknown key llamafleet_healt_timeout: did you mean llamafleet_health_timeout",
        ),
        ({"llamafleet_gpu_check": "maybe"}, "llamafleet_gpu_check is 'maybe', expected yes or no"),
        ({"calibrate_port": 99999}, "calibrate_port is 99999, expected a port from"),
        ({"llamafleet_environment": []}, "must be {service: {NAME: value}}"),
        (
            {"llamafleet_environment": {"voise": {}}},
            "the fleet has no service 'voise': did you mean voice",
        ),
        ({"llamafleet_environment": {"zzz": {}}}, "no service 'zzz' .known: voice, worker"),
        ({"llamafleet_environment": {"voice": "K=x"}}, "must be {NAME: value}"),
        ({"llamafleet_environment": {"voice": {"A B": "x"}}}, "'A B' is not a valid name"),
    ],
)
def test_each_problem_is_said(data: dict[str, object], message: str) -> None:
    (said,) = data_problems(data, SERVICES)
    pattern = message.replace("{", r"\{").replace("}", r"\}")
    assert re.search(pattern, said), said


def test_what_is_right_or_not_ours_is_left_alone() -> None:
    data = {
        "llamafleet_health_timeout": "5m",
        "llamafleet_environment": {"worker": {"KEY": "x"}},
        "llamafleet_gpu_check": "no",
        "anything": object(),
    }
    assert list(data_problems(data, SERVICES)) == []


HOSTS = """
from pathlib import Path

fleet = str(Path(__file__).with_name("fleet.fleet"))
everything = [
    ("@local", {"fleet": fleet, "fleet_host": "sandbox", "llamafleet_healt_timeout": 5}),
    ("elsewhere", {"fleet": fleet, "llamafleet_health_timeout": "soon"}),
]
"""
GROUP = """
llamafleet_environment = {"voise": {"KEY": "s3cret"}}
"""


def test_a_run_with_bad_data_of_any_host_ends_before_it_begins(tmp_path: Path) -> None:
    """As a user starts it; one of the hosts is no part of the run."""
    for path in (ROOT / "examples" / "sandbox").glob("*.fleet"):
        shutil.copy(path, tmp_path)
    (tmp_path / "hosts.py").write_text(HOSTS)
    (tmp_path / "group_data").mkdir()
    (tmp_path / "group_data" / "all.py").write_text(GROUP)
    site = Site(tmp_path, {"PYINFRA_PROGRESS": "off"})
    done = site.roll_out("--limit", "@local", deploy="deploys/site.py")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "llamafleet_health_timeout is 'soon', expected seconds such as 300 or a duration" in said
    assert "(for elsewhere)" in said
    assert "unknown key llamafleet_healt_timeout: did you mean" in said
    assert "(for @local, elsewhere)" in said
    assert "the fleet has no service" in said
    assert "no host was touched" in said
    assert "Traceback" not in said
    assert "s3cret" not in said
