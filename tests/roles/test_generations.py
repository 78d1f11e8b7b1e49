"""Generations: each state that worked is kept, and a host can be taken back to it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from llamafleet.targets.plan_types import GgufPlan, HostPlan
from llamafleet_roles.commands import command_line
from llamafleet_roles.generations.facts import Generations, HostGenerations
from llamafleet_roles.generations.tasks import FILES as BACK
from llamafleet_roles.services.bundle import apply_command, bundle
from llamafleet_roles.services.changes import compare
from llamafleet_roles.services.facts import FILES, Services
from llamafleet_roles.services.plan_lines import planned_units
from llamafleet_roles.services.stored import digest, names_of, read_stored, stored_text
from llamafleet_roles.services.tasks import _is_kept
from tests.roles.machine import CONFIG, Machine, plan_of, server_service, swap_service
from tests.roles.test_pure import PLAN

BUILDS = "/opt/llamafleet/llama.cpp"
GENERATIONS = "/var/lib/llamafleet/generations"


class KeptMachine(Machine):
    """A machine whose rollouts keep generations, as the operation's do."""

    def changes_to(self, plan: HostPlan, names: tuple[str, ...], generation: str = "") -> str:
        """Apply a plan; return what was to be done, "" if nothing."""
        fact = Services()
        line = fact.command(
            files=tuple(each.path for each in plan.artifacts),
            units=tuple((unit.name, unit.executable) for unit in planned_units(plan)),
            names=names,
        )
        observed = fact.process(self.run(line).stdout.splitlines())
        assert observed is not None
        kept = partial(_is_kept, plan, names, generation)
        changes = compare(plan.artifacts, planned_units(plan), observed, kept)
        if not changes:
            return ""
        packed = bundle(plan, plan.artifacts, changes, observed, 2, names, generation)
        done = self.run(apply_command(str(self.root)), stdin=packed)
        if done.returncode not in (0, 137, -9):
            raise AssertionError(done.stdout + done.stderr)
        return "\n".join(changes.lines())

    def roll_out(self, plan: HostPlan) -> str:
        return self.changes_to(plan, names_of(plan))

    def look(self, wanted: str = "") -> HostGenerations:
        fact = Generations()
        found = fact.process(self.run(fact.command(wanted)).stdout.splitlines())
        assert found is not None
        return found

    def back(self, number: str) -> subprocess.CompletedProcess[str]:
        script = (FILES / "functions.sh").read_text() + (BACK / "back.sh").read_text()
        return self.run(command_line("sh", "-c", script, "back", number))

    def roll_back(self, wanted: str = "") -> None:
        found = self.look(wanted)
        assert found.target, found
        done = self.back(found.target)
        assert done.returncode == 0, done.stderr
        stored = read_stored(found.text, "box")
        assert stored is not None
        self.changes_to(*stored, generation=found.target)

    def install(self, fingerprint: str) -> None:
        """An install of llama.cpp that the build's name points to."""
        self.write(f"{BUILDS}/main-{fingerprint}/llama-server", "#!/bin/sh\n")
        link = self.at(f"{BUILDS}/main")
        link.unlink(missing_ok=True)
        link.symlink_to(f"main-{fingerprint}")


@pytest.fixture
def machine(tmp_path: Path) -> KeptMachine:
    found = Machine.in_folder(tmp_path)
    return KeptMachine(found.root, found.stub)


def plan_with(config: str) -> HostPlan:
    return replace(plan_of(swap_service(config)), builds=(PLAN,))


def build_of(machine: KeptMachine) -> str:
    return str(machine.at(f"{BUILDS}/main").readlink())


def test_each_state_that_worked_is_kept_once(machine: KeptMachine) -> None:
    machine.install("a" * 12)
    plan = plan_with("models: {}\n")
    assert "will keep the new state as a generation" in machine.roll_out(plan)
    assert machine.roll_out(plan) == ""
    assert list(machine.look().kept) == ["1"]
    assert machine.at(GENERATIONS).stat().st_mode & 0o077 == 0
    # Another build under the same name is another state, even if no file differs.
    machine.install("b" * 12)
    assert machine.roll_out(plan) == "will keep the new state as a generation, for rolling back"
    assert machine.roll_out(plan) == ""
    found = machine.look()
    assert (found.current, found.target, sorted(found.kept)) == ("2", "1", ["1", "2"])


def test_a_rollback_takes_build_and_configuration_back_together(machine: KeptMachine) -> None:
    machine.install("a" * 12)
    machine.roll_out(plan_with("one: {}\n"))
    machine.install("b" * 12)
    machine.roll_out(plan_with("two: {}\n"))
    machine.roll_back()
    assert machine.text(CONFIG) == "one: {}\n"
    assert build_of(machine) == f"main-{'a' * 12}"
    assert machine.look().current == "1"
    # A rollout of the fleet file goes forward again, and what came before it is what was here.
    machine.install("b" * 12)
    machine.roll_out(plan_with("three: {}\n"))
    found = machine.look()
    assert (found.current, found.target) == ("3", "1")


def test_the_next_rollback_goes_on_and_one_can_be_named(machine: KeptMachine) -> None:
    machine.install("a" * 12)
    for config in ("one", "two", "three"):
        machine.roll_out(plan_with(f"{config}: {{}}\n"))
    machine.roll_back()
    machine.roll_back()
    assert machine.text(CONFIG) == "one: {}\n"
    found = machine.look()
    assert (found.current, found.target, found.wanted) == ("1", "", "")
    machine.roll_back("3")
    assert machine.text(CONFIG) == "three: {}\n"
    assert machine.look("7").target == ""


def test_a_service_that_came_later_is_stopped_and_one_that_went_comes_back(
    machine: KeptMachine,
) -> None:
    machine.roll_out(plan_of(server_service(0)))
    machine.roll_out(plan_of(server_service(1)))
    machine.calls()
    machine.roll_back()
    calls = machine.calls()
    assert any("llama-server-worker-1" in each and "disable" in each for each in calls), calls
    assert any("llama-server-worker-0" in each and "start" in each for each in calls), calls
    assert machine.text("/etc/systemd/system/llama-server-worker-1.service") is None


@pytest.mark.parametrize("gone", ["build", "weights"])
def test_nothing_changes_if_something_is_gone(machine: KeptMachine, gone: str) -> None:
    weights = "/models/a.gguf"
    machine.write(weights, "one")
    machine.install("a" * 12)
    gguf = GgufPlan(None, weights, False, "/store")  # type: ignore[arg-type]
    machine.roll_out(replace(plan_with("one: {}\n"), ggufs=(gguf,)))
    machine.install("b" * 12)
    machine.roll_out(replace(plan_with("two: {}\n"), ggufs=(gguf,)))
    if gone == "build":
        machine.at(f"{BUILDS}/main-{'a' * 12}/llama-server").unlink()
        machine.at(f"{BUILDS}/main-{'a' * 12}").rmdir()
    else:
        machine.write(weights, "other")
    done = machine.back("1")
    assert done.returncode != 0
    assert "nothing was changed" in done.stderr
    assert ("no longer on this host" if gone == "build" else "were replaced") in done.stderr
    assert build_of(machine) == f"main-{'b' * 12}"


def test_names_of_weights_go_back_to_what_is_there(machine: KeptMachine) -> None:
    for name in ("one", "two"):
        machine.write(f"/store/{name}", name)
    link = machine.at("/models/a.gguf")
    link.parent.mkdir()
    gguf = GgufPlan(None, "/models/a.gguf", True, "/store")  # type: ignore[arg-type]
    plan = replace(plan_of(swap_service()), ggufs=(gguf,))
    link.symlink_to("../store/one")
    machine.roll_out(plan)
    link.unlink()
    link.symlink_to("../store/two")
    machine.roll_out(plan)
    machine.roll_back()
    assert link.read_text() == "one"


def test_killed_at_any_step_a_state_is_kept_by_the_next_run(
    machine: KeptMachine, tmp_path: Path
) -> None:
    machine.roll_out(plan_with("one: {}\n"))
    for step in range(1, 46, 4):
        copied = machine.copy(tmp_path / f"copy-{step}")
        copy = KeptMachine(copied.root, copied.stub, die_at=step)
        copy.roll_out(plan_with("two: {}\n"))
        copy.die_at = 0
        copy.roll_out(plan_with("two: {}\n"))
        assert copy.roll_out(plan_with("two: {}\n")) == ""
        found = copy.look()
        # Killed just before it was pointed to, the same state is kept under two numbers.
        assert found.current in ("2", "3")
        assert found.target == "1", step
        copy.roll_back()
        assert copy.text(CONFIG) == "one: {}\n"
        assert copy.leftovers() == []


def test_no_more_generations_are_kept_than_fit(machine: KeptMachine) -> None:
    for number in range(23):
        machine.roll_out(plan_with(f"m{number}: {{}}\n"))
    kept = sorted(map(int, machine.look().kept))
    assert kept == list(range(4, 24))


def test_a_generation_whose_build_is_gone_is_dropped(machine: KeptMachine) -> None:
    machine.install("a" * 12)
    machine.roll_out(plan_with("one: {}\n"))
    machine.install("b" * 12)
    machine.at(f"{BUILDS}/main-{'a' * 12}/llama-server").unlink()
    machine.at(f"{BUILDS}/main-{'a' * 12}").rmdir()
    machine.roll_out(plan_with("two: {}\n"))
    assert list(machine.look().kept) == ["2"]


def test_a_stored_plan_is_read_back_as_it_was() -> None:
    plan = plan_of(swap_service(), server_service(0, port=8080))
    text = stored_text(plan, ("build\t/x",))
    assert read_stored(text, "box") == (plan, ("build\t/x",))
    assert digest(text) == digest(stored_text(plan, ("build\t/x",)))
    for broken in ("", "[]", "{}", text.replace('"format": 1', '"format": 2'), text[:-10]):
        assert read_stored(broken, "box") is None
    content = json.loads(text)
    content["services"][0]["artifacts"][0]["path"] = 7
    assert read_stored(json.dumps(content), "box") is None
