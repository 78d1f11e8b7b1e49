"""Files that models name are looked for before anything is built or downloaded."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from llamafleet.plan import plan_host
from llamafleet.targets.plan_types import HostPlan, ReadPath, ServicePlan
from llamafleet_roles.base import base
from llamafleet_roles.base.facts import UnreadablePaths
from tests.roles.rollout import roll_out
from tests.roles.test_operations import READY
from tests.targets.compiling import fleet_of


def planned(name: str) -> HostPlan:
    text = """
model m {
    gguf         = g
    api-key-file = "/etc/llm/keys"
    extra-args   = ["--media-path", "/srv/media"]
    path         = "page"
}
llama-server w {
    host  = h
    build = b
    model = m
}
"""
    return replace(plan_host(fleet_of(text), "h"), host=name, gpus=())


def unreadable(*pairs: tuple[str, str]) -> object:
    """Return the output of the real script for real paths."""
    fact = UnreadablePaths()
    done = subprocess.run(
        ["sh", "-c", fact.command(pairs)], capture_output=True, text=True, timeout=30, check=True
    )
    return fact.process(done.stdout.splitlines())


def test_a_plan_lists_absolute_paths_that_are_read() -> None:
    [service] = planned("h").services
    assert isinstance(service, ServicePlan)
    assert service.reads == (
        ReadPath("m", "api-key-file", "/etc/llm/keys"),
        ReadPath("m", "media-path", "/srv/media"),
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask in another user's name")
def test_the_script_tells_missing_from_unreadable(tmp_path: Path) -> None:
    folder = tmp_path / "a folder; with $words"
    folder.mkdir()
    secret, public = folder / "secret", folder / "public"
    for path, mode in ((secret, 0o600), (public, 0o644)):
        path.write_text("x")
        path.chmod(mode)
    for each in (folder, *folder.parents):
        if each.is_relative_to(tmp_path.parent.parent):
            each.chmod(0o755)
    absent = str(folder / "absent")
    found = unreadable(
        ("nobody", str(public)), ("nobody", str(secret)), ("nobody", absent), ("root", str(secret)),
        ("a-user-to-be", str(secret)), ("a-user-to-be", absent),
    )  # fmt: skip
    assert found == {1: "unreadable", 2: "missing", 5: "missing"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("missing 1", "model m: media-path = /srv/media does not exist on a: put the file there"),
        (
            "unreadable 0",
            "/etc/llm/keys cannot be read by user llamafleet on a: change its permissions",
        ),
    ],
)
def test_a_host_without_them_is_refused(
    answer: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    responses = {**READY, "paths 1": f"paths 1\n{answer}"}
    outcome = roll_out(base, {"a": planned("a")}, responses, caplog)["a"]
    assert not outcome.succeeded
    assert outcome.changed == 0
    assert said in outcome.said


def test_a_host_with_them_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    responses = {**READY, "paths 1": "paths 1"}
    outcome = roll_out(base, {"a": planned("a")}, responses, caplog)["a"]
    assert outcome.succeeded
    assert outcome.changed == 0
