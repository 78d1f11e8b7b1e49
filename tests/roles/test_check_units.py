"""The check of units before a rollout, by the real `systemd-analyze` of whatever version."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.roles.machine import UNIT, Machine, plan_of, swap_service

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to root")

KNOWN_SINCE_254 = "[Service]\nExecStart=/bin/true\nRestartSteps=5\nRestartMaxDelaySec=60\n"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed: NOTHING of what it reads was checked")
    machine = Machine.in_folder(tmp_path)
    stub = machine.stub / "bin" / "systemd-analyze"
    stub.unlink()
    stub.symlink_to(found)
    return machine


def test_keys_that_an_older_systemd_ignores_are_no_fault(machine: Machine) -> None:
    done = machine.apply(plan_of(swap_service(unit=KNOWN_SINCE_254)))
    assert machine.text(UNIT) == KNOWN_SINCE_254, done.stderr


@pytest.mark.parametrize("line", ["Umask=0077", "RestartStep=5", "NoNewPrivilege=yes"])
def test_a_key_that_no_systemd_knows_is_refused(machine: Machine, line: str) -> None:
    done = machine.apply(plan_of(swap_service(unit=f"{KNOWN_SINCE_254}{line}\n")))
    assert done.returncode != 0
    assert line.partition("=")[0] in done.stderr
    assert machine.text(UNIT) is None
