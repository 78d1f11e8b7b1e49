"""Pruning: only what neither the fleet file nor a kept generation nor a process refers to."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from llamafleet.targets.plan_types import HostPlan, ReleasePlan
from llamafleet_roles.prune.facts import UnusedPaths, planned_names, prune_command, read_unused
from tests.roles.machine import Machine, plan_of, swap_service
from tests.roles.test_generations import BUILDS, GENERATIONS, KeptMachine
from tests.roles.test_pure import PLAN

A, B, C = (f"main-{letter * 12}" for letter in "abc")
V250, V251 = ("/opt/llamafleet/llama-swap/v250", "/opt/llamafleet/llama-swap/v251")


@pytest.fixture
def machine(tmp_path: Path) -> KeptMachine:
    """A host with three installs, of which the last is current, and two releases."""
    found = Machine.in_folder(tmp_path)
    made = KeptMachine(found.root, found.stub)
    for letter in "abc":
        made.install(letter * 12)
    made.write(f"{V251}/llama-swap", "x")
    made.write("/var/lib/llamafleet/build/0123456789ab/job", "x")
    made.write(f"{BUILDS}/.main-0123456789ab.new/llama-server", "x")
    return made


def plan() -> HostPlan:
    swap = replace(
        swap_service(), releases=(ReleasePlan("v250", None, None, f"{V250}/llama-swap"),)
    )
    return replace(plan_of(swap), builds=(replace(PLAN, directory=f"{BUILDS}/main"),))


def unused(machine: KeptMachine, mode: str = "show") -> list[str]:
    done = machine.run(prune_command(planned_names(plan()), mode))
    assert done.returncode == 0, done.stderr
    found = read_unused(done.stdout.splitlines())
    assert found is not None
    return [each.path for each in found]


def test_what_is_unused_is_shown_and_stays(machine: KeptMachine) -> None:
    wanted = [
        f"{BUILDS}/{A}",
        f"{BUILDS}/{B}",
        f"{BUILDS}/.main-0123456789ab.new",
        V251,
        "/var/lib/llamafleet/build/0123456789ab",
    ]
    assert unused(machine) == wanted
    assert unused(machine) == wanted, "showing removes nothing"
    assert unused(machine, "remove") == wanted
    assert unused(machine) == []
    assert machine.at(f"{BUILDS}/main/llama-server").exists()
    assert machine.at(f"{V250}/llama-swap").exists()


def test_what_a_generation_names_stays(machine: KeptMachine) -> None:
    folder = f"{GENERATIONS}/1"
    names = f"build\t{BUILDS}/main\t{BUILDS}/{A}\nprogram\t{V251}/llama-swap\tthere\n"
    machine.write(f"{folder}/names.tsv", names)
    unused(machine, "remove")
    left = {path.name for path in machine.at(BUILDS).iterdir()}
    assert left == {"main", A, C}
    assert machine.at(f"{V251}/llama-swap").exists()


@pytest.fixture
def running(machine: KeptMachine) -> Iterator[subprocess.Popen[bytes]]:
    program = machine.at(f"{BUILDS}/{B}/llama-server")
    program.unlink()
    sleep = shutil.which("sleep")
    assert sleep
    shutil.copy(sleep, program)
    process = subprocess.Popen([program, "60"])
    yield process
    process.kill()
    process.wait()


def test_what_a_process_runs_stays(machine: KeptMachine, running: subprocess.Popen[bytes]) -> None:
    assert running.poll() is None
    assert f"{BUILDS}/{B}" not in unused(machine)
    assert f"{BUILDS}/{A}" in unused(machine)


def test_a_build_that_the_fleet_file_dropped_goes_with_its_name(machine: KeptMachine) -> None:
    machine.write(f"{BUILDS}/old-{'d' * 12}/llama-server", "x")
    machine.at(f"{BUILDS}/old").symlink_to(f"old-{'d' * 12}")
    assert {f"{BUILDS}/old", f"{BUILDS}/old-{'d' * 12}"} <= set(unused(machine, "remove"))
    assert not machine.at(f"{BUILDS}/old").is_symlink()


def test_a_probe_that_could_not_run_is_no_empty_answer() -> None:
    assert UnusedPaths().process(["sh: not found"]) is None
    assert UnusedPaths().process(["prune 1"]) == ()
