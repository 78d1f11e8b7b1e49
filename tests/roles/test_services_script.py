"""The services role's scripts, run for real against a root folder."""

from __future__ import annotations

import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from llamafleet.targets.plan_types import Artifact
from tests.roles.machine import (
    CONFIG,
    SWAP,
    UNIT,
    Machine,
    plan_of,
    server_service,
    swap_service,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to root")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine.in_folder(tmp_path)


@pytest.fixture
def answering() -> Iterator[int]:
    """A port that says 200 to /health."""

    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_first_rollout_puts_files_and_starts_units_and_the_second_does_nothing(
    machine: Machine, answering: int
) -> None:
    plan = plan_of(server_service(0, port=answering), swap_service())
    machine.owns("llama-server-worker-0.service", os.getpid())
    done = machine.apply(plan)
    assert done.returncode == 0, done.stderr
    assert machine.text(CONFIG) == "models: {}\n"
    assert machine.at(UNIT).stat().st_mode & 0o777 == 0o644
    assert machine.calls() == [
        "enable llama-server-worker-0.service",
        "start llama-server-worker-0.service",
        "enable llama-swap-voice.service",
        "start llama-swap-voice.service",
    ]
    assert not machine.changes(plan)
    assert machine.leftovers() == []


def test_only_the_unit_whose_file_changed_is_restarted(machine: Machine) -> None:
    machine.apply(plan_of(server_service(0), server_service(1), swap_service()))
    machine.calls()
    changed = plan_of(
        server_service(0), server_service(1, unit="[Service]\nNice=5\n"), swap_service()
    )
    assert [each.path for each in machine.changes(changed).put] == [
        "/etc/systemd/system/llama-server-worker-1.service"
    ]
    machine.apply(changed)
    assert machine.calls() == ["restart llama-server-worker-1.service"]


def test_mode_and_owner_are_part_of_a_file(machine: Machine) -> None:
    plan = plan_of(swap_service())
    machine.apply(plan)
    machine.at(CONFIG).chmod(0o600)
    assert [each.path for each in machine.changes(plan).put] == [CONFIG]
    machine.apply(plan)
    assert machine.at(CONFIG).stat().st_mode & 0o777 == 0o644


def test_a_symlink_in_place_of_a_file_is_replaced_not_followed(
    machine: Machine, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    machine.at(CONFIG).parent.mkdir(parents=True)
    machine.at(CONFIG).symlink_to(victim)
    machine.apply(plan_of(swap_service()))
    assert victim.read_text() == "mine"
    assert not machine.at(CONFIG).is_symlink()


def test_killed_at_every_step_the_next_run_repairs(machine: Machine, tmp_path: Path) -> None:
    before = plan_of(server_service(0), swap_service("models: {old: 1}\n"))
    after = plan_of(server_service(1), swap_service("models: {new: 1}\n"))
    machine.apply(before)
    machine.calls()
    for step in range(1, 100):
        victim = machine.copy(tmp_path / f"step-{step}")
        if not victim.killed(after, step):
            break
        assert victim.text(CONFIG) in ("models: {old: 1}\n", "models: {new: 1}\n")
        assert victim.changes(after), f"nothing to repair after step {step}"
        done = victim.apply(after)
        assert done.returncode == 0, f"step {step}: {done.stderr}"
        assert not victim.changes(after), f"step {step}: {list(victim.changes(after).lines())}"
        started_with = victim.stub / "units" / "llama-swap-voice.service" / "config"
        assert started_with.read_text() == "models: {new: 1}\n", f"step {step}: not restarted"
        assert "disable llama-server-worker-0.service" in victim.calls()
        assert victim.text("/etc/systemd/system/llama-server-worker-0.service") is None
        assert victim.leftovers() == []
    else:
        pytest.fail("the script never came to its end")
    assert step > 10


def test_killed_and_then_planned_otherwise_nothing_is_forgotten(
    machine: Machine, tmp_path: Path
) -> None:
    with_server = plan_of(server_service(0), swap_service())
    without = plan_of(swap_service())
    for step in range(1, 100):
        victim = machine.copy(tmp_path / f"step-{step}")
        if not victim.killed(with_server, step):
            break
        assert victim.apply(without).returncode == 0
        assert victim.text("/etc/systemd/system/llama-server-worker-0.service") is None
        assert not victim.changes(without)
        assert victim.leftovers() == []


def test_a_unit_that_systemd_refuses_changes_nothing(machine: Machine) -> None:
    machine.apply(plan_of(swap_service("models: {old: 1}\n")))
    machine.calls()
    done = machine.apply(plan_of(swap_service("models: {new: 1}\n", unit="[Service]\nRefused=1\n")))
    assert done.returncode != 0
    assert "nothing was changed" in done.stderr
    assert machine.text(CONFIG) == "models: {old: 1}\n"
    assert machine.calls() == []
    assert machine.leftovers() == []


def test_a_configuration_that_llama_swap_refuses_changes_nothing(machine: Machine) -> None:
    machine.apply(plan_of(swap_service("models: {old: 1}\n")))
    machine.calls()
    done = machine.apply(plan_of(swap_service("bad\n"), server_service(0)))
    assert done.returncode != 0
    assert "failed to load config" in done.stderr
    assert machine.text(CONFIG) == "models: {old: 1}\n"
    assert machine.calls() == []


def test_the_check_sees_the_services_secrets(machine: Machine) -> None:
    service = swap_service(unit="[Service]\nEnvironmentFile=-/etc/llamafleet/voice.env\n")
    secret = Artifact("/etc/llamafleet/voice.env", 'SECRET="s3"\n', mode="600")
    plan = plan_of(replace(service, artifacts=(*service.artifacts, secret)))
    done = machine.apply(plan)
    assert done.returncode == 0, done.stderr
    assert (machine.stub / "seen-secret").read_text() == "s3\n"
    assert machine.at("/etc/llamafleet/voice.env").stat().st_mode & 0o777 == 0o600
    assert "s3" not in done.stdout + done.stderr


def test_a_service_that_is_no_longer_planned_is_stopped_disabled_and_removed(
    machine: Machine,
) -> None:
    machine.apply(plan_of(server_service(0), swap_service()))
    machine.calls()
    plan = plan_of(server_service(0))
    assert machine.apply(plan).returncode == 0
    assert machine.calls() == ["disable llama-swap-voice.service"]
    assert machine.text(CONFIG) is None
    assert machine.text(UNIT) is None
    assert not machine.changes(plan)


def test_a_unit_that_does_not_start_is_reported_and_tried_again(machine: Machine) -> None:
    plan = plan_of(swap_service())
    broken = machine.stub / "broken-llama-swap-voice.service"
    broken.touch()
    done = machine.apply(plan)
    assert done.returncode != 0
    assert "the journal of llama-swap-voice.service" in done.stderr
    broken.unlink()
    assert machine.changes(plan)
    assert machine.apply(plan).returncode == 0
    assert not machine.changes(plan)


def test_a_unit_that_does_not_answer_fails_and_is_asked_again_without_a_restart(
    machine: Machine, unused_port: int
) -> None:
    plan = plan_of(server_service(0, port=unused_port))
    done = machine.apply(plan, patience=1)
    assert done.returncode != 0
    assert f"did not answer on 127.0.0.1 port {unused_port} within 1 s" in done.stderr
    machine.calls()
    assert "from an earlier run" in "\n".join(machine.changes(plan).lines())
    assert machine.apply(plan, patience=1).returncode != 0
    assert machine.calls() == []


@pytest.fixture
def unused_port() -> int:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])


def test_a_process_whose_file_was_replaced_is_restarted(machine: Machine) -> None:
    plan = plan_of(swap_service())
    machine.apply(plan)
    sleep = shutil.which("sleep")
    assert sleep
    shutil.copy(sleep, machine.at(SWAP))
    process = subprocess.Popen([machine.at(SWAP), "60"])
    try:
        unit = machine.stub / "units" / "llama-swap-voice.service"
        (unit / "MainPID").write_text(f"{process.pid}\n")
        assert not machine.changes(plan)
        fresh = machine.at(SWAP).with_name("fresh")
        shutil.copy(sleep, fresh)
        fresh.rename(machine.at(SWAP))
        assert machine.changes(plan).units == (
            ("llama-swap-voice.service", "its program was replaced on disk"),
        )
        machine.calls()
        machine.apply(plan)
        assert machine.calls() == ["restart llama-swap-voice.service"]
    finally:
        process.kill()
        process.wait()


def test_an_unreadable_manifest_is_written_again(machine: Machine) -> None:
    plan = plan_of(swap_service())
    machine.apply(plan)
    machine.write("/var/lib/llamafleet/manifest.json", "{broken")
    assert machine.changes(plan)
    assert machine.apply(plan).returncode == 0
    assert not machine.changes(plan)


def test_a_bundle_that_was_cut_short_changes_nothing(machine: Machine) -> None:
    from llamafleet_roles.services.bundle import apply_command, bundle

    plan = plan_of(swap_service())
    packed = bundle(plan, plan.artifacts, machine.changes(plan), machine.observe(plan), 1)
    done = machine.run(apply_command(str(machine.root)), stdin=packed[: len(packed) // 2])
    assert done.returncode != 0
    assert machine.text(CONFIG) is None
