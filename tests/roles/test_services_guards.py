"""The guards of the services role: its real scripts with a folder as root."""

from __future__ import annotations

import os
import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from llamafleet.targets.plan_types import Artifact, HostPlan
from llamafleet.targets.proxy.plan import CHECK
from llamafleet_roles.services.bundle import apply_command, bundle
from llamafleet_roles.services.changes import compare
from llamafleet_roles.services.plan_lines import planned_units
from tests.roles.machine import CONFIG, UNIT, Machine, plan_of, server_service, swap_service

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to root")
STORE = "/srv/usage/usage.db"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine.in_folder(tmp_path)


def packed(machine: Machine, plan: HostPlan) -> str:
    """A bundle made of what the machine has now."""
    observed = machine.observe(plan)
    changes = compare(plan.artifacts, planned_units(plan), observed)
    return bundle(plan, plan.artifacts, changes, observed, 2)


def test_of_two_bundles_made_from_one_state_only_the_first_is_applied(machine: Machine) -> None:
    """Without it the second would leave a unit behind that no manifest names."""
    machine.apply(plan_of(swap_service()))
    line = apply_command(str(machine.root))
    first = packed(machine, plan_of(swap_service(), server_service(0)))
    second = packed(machine, plan_of(swap_service(), server_service(1)))
    assert machine.run(line, stdin=first).returncode == 0
    machine.calls()
    done = machine.run(line, stdin=second)
    assert done.returncode != 0
    assert "another rollout has changed this host since this one was prepared" in done.stderr
    assert re.search(r"by \S+@\S+\n +from .*, since 20.* UTC\n +succeeded at 20", done.stderr)
    assert machine.calls() == []
    assert machine.text("/etc/systemd/system/llama-server-worker-1.service") is None
    assert machine.apply(plan_of(swap_service(), server_service(1))).returncode == 0
    assert machine.text("/etc/systemd/system/llama-server-worker-0.service") is None
    assert machine.leftovers() == []


def test_a_bundle_that_puts_the_same_files_with_other_content_counts_too(machine: Machine) -> None:
    machine.apply(plan_of(swap_service("models: {old: 1}\n")))
    line = apply_command(str(machine.root))
    first = packed(machine, plan_of(swap_service("models: {new: 1}\n")))
    second = packed(machine, plan_of(swap_service("models: {newer: 1}\n")))
    assert machine.run(line, stdin=first).returncode == 0
    assert machine.run(line, stdin=second).returncode != 0
    assert machine.text(CONFIG) == "models: {new: 1}\n"


def test_whoever_has_to_wait_is_told_for_whom(machine: Machine) -> None:
    plan = plan_of(swap_service())
    waiting = packed(machine, plan)
    machine.write(
        "/var/lib/llamafleet/staging/record", "id 7\nby ann@desk\nfrom 10.0.0.7, since x\n"
    )
    held = machine.at("/var/lib/llamafleet/held")
    script = f"touch {held} && sleep 1"
    lock = str(machine.at("/var/lib/llamafleet/lock"))
    with subprocess.Popen(["flock", lock, "sh", "-c", script]):
        while not held.exists():
            time.sleep(0.01)
        done = machine.run(apply_command(str(machine.root)), stdin=waiting)
    assert done.returncode == 0, done.stderr
    assert (
        "another rollout is running on this host; waiting for it to finish:\n    by ann@desk"
        in done.stdout
    )
    assert "from 10.0.0.7, since x" in done.stdout
    assert machine.text(CONFIG) == "models: {}\n"


def test_a_refused_bundle_is_no_rollout(machine: Machine) -> None:
    """What changes nothing does not stand in anybody's way."""
    machine.apply(plan_of(swap_service("models: {old: 1}\n")))
    waiting = packed(machine, plan_of(swap_service("models: {new: 1}\n")))
    assert machine.apply(plan_of(swap_service("bad\n"))).returncode != 0
    assert machine.run(apply_command(str(machine.root)), stdin=waiting).returncode == 0


def test_what_somebody_else_put_is_kept_before_it_is_replaced(machine: Machine) -> None:
    machine.write(UNIT, "[Service]\nExecStart=/home/me/llama-swap\n")
    machine.at(CONFIG).parent.mkdir(parents=True)
    machine.at(CONFIG).symlink_to("/home/me/config.yaml")
    plan = plan_of(swap_service())
    said = "\n".join(machine.changes(plan).lines())
    assert f"{UNIT} is not managed by llamafleet yet: will keep a copy in" in said
    assert machine.apply(plan).returncode == 0
    kept = machine.text(f"/var/lib/llamafleet/replaced{UNIT}")
    assert kept == "[Service]\nExecStart=/home/me/llama-swap\n"
    link = machine.at(f"/var/lib/llamafleet/replaced{CONFIG}")
    assert str(link.readlink()) == "/home/me/config.yaml"
    # Files of ours are not kept.
    assert machine.apply(plan_of(swap_service(unit="[Service]\nNice=1\n"))).returncode == 0
    assert machine.text(f"/var/lib/llamafleet/replaced{UNIT}") == kept


def test_a_file_taken_over_twice_keeps_both(machine: Machine) -> None:
    plan = plan_of(swap_service())
    for text in ("one", "two"):
        machine.at(UNIT).unlink(missing_ok=True)
        machine.write(UNIT, text)
        machine.at("/var/lib/llamafleet/manifest.json").unlink(missing_ok=True)
        assert machine.apply(plan).returncode == 0
    folder = machine.at("/var/lib/llamafleet/replaced/etc/systemd/system")
    kept = {path.read_text() for path in folder.iterdir() if "llama-swap-voice" in path.name}
    assert kept == {"one", "two"}


def test_the_trial_runs_as_the_services_user_and_is_not_what_is_put(machine: Machine) -> None:
    service = replace(swap_service("hooks: bad\n"), trial="models: {}\n", user="nobody")
    done = machine.apply(plan_of(service))
    assert done.returncode == 0, done.stderr
    assert machine.text(CONFIG) == "hooks: bad\n"
    assert (machine.stub / "ran-as").read_text() == "nobody\n"


@pytest.mark.parametrize(("config", "accepted"), [("models: {}\n", True), ("bad\n", False)])
def test_a_llama_swap_that_can_validate_is_asked_so(
    machine: Machine, config: str, accepted: bool
) -> None:
    """A stand-in: no release that the tests can have knows the flag."""
    (machine.stub / "help").write_text("  -validate\n    \tcheck the configuration and exit\n")
    done = machine.apply(plan_of(swap_service(config)))
    assert (done.returncode == 0) is accepted
    assert not (machine.stub / "seen-secret").exists(), "it was started all the same"
    assert ("config validation failed" in done.stderr) is not accepted


def test_the_trial_gets_the_environment_of_the_unit(machine: Machine) -> None:
    unit = "[Service]\nEnvironment=SECRET=from-the-unit\nEnvironmentFile=-/etc/none.env\n"
    assert machine.apply(plan_of(swap_service(unit=unit))).returncode == 0
    assert (machine.stub / "seen-secret").read_text() == "from-the-unit\n"


def with_store(user: str = "nobody") -> HostPlan:
    return plan_of(replace(swap_service(), store=STORE, user=user))


def owner(machine: Machine, path: str) -> str:
    return machine.at(path).owner()


def test_the_folder_of_a_database_is_left_to_the_unit_to_make(machine: Machine) -> None:
    """Its first commands make it (tests/lab/test_units.py): once is enough."""
    assert machine.apply(with_store()).returncode == 0
    assert not machine.at("/srv/usage").exists()


def test_a_database_of_roots_is_seen_and_given_back(machine: Machine) -> None:
    plan = with_store()
    machine.apply(plan)
    for name in (STORE, f"{STORE}-wal", f"{STORE}-shm"):
        machine.write(name, "")
    os.chown(machine.at("/srv/usage"), 0, 0)
    changes = machine.changes(plan)
    assert changes.root_owned == (STORE, f"{STORE}-wal", f"{STORE}-shm")
    assert f"will change the owner of {STORE} from root to the user of its service" in "\n".join(
        changes.lines()
    )
    assert machine.apply(plan).returncode == 0
    for name in ("/srv/usage", STORE, f"{STORE}-wal", f"{STORE}-shm"):
        assert owner(machine, name) == "nobody"
    assert not machine.changes(plan)


def test_a_link_or_a_second_name_of_a_file_is_not_given_away(machine: Machine) -> None:
    machine.write("/etc/shadow", "secret")
    machine.apply(with_store())
    machine.at("/srv/usage").mkdir(parents=True)
    machine.at(STORE).symlink_to(machine.at("/etc/shadow"))
    os.link(machine.at("/etc/shadow"), machine.at(f"{STORE}-wal"))
    machine.at(CONFIG).chmod(0o600)  # so that there is something to do
    assert machine.observe(with_store()).root_owned == ()
    os.chown(machine.at("/srv/usage"), 0, 0)
    assert machine.apply(with_store()).returncode == 0
    assert owner(machine, "/srv/usage") == "nobody"
    assert owner(machine, "/etc/shadow") == "root"


def test_a_folder_with_other_files_is_not_given_away(machine: Machine) -> None:
    machine.write("/srv/usage/precious", "mine")
    done = machine.apply(with_store())
    assert done.returncode != 0
    assert "user nobody cannot write to /srv/usage" in done.stderr
    assert "nothing was changed" in done.stderr
    assert "choose a store-path in a folder of its own" in done.stderr
    assert machine.text(CONFIG) is None


def test_nothing_is_written_through_links_when_nginx_is_asked(machine: Machine) -> None:
    """The check works on a copy: of the folder that a link leads to, and of files, not of links."""
    site = "/etc/nginx/conf.d/llamafleet-front.conf"
    machine.write("/srv/conf.d/somebody.conf", "theirs")
    machine.write("/srv/front.conf", "ours of old")
    machine.at("/etc/nginx").mkdir(parents=True)
    machine.at("/etc/nginx/conf.d").symlink_to(machine.at("/srv/conf.d"))
    machine.at("/srv/conf.d/llamafleet-front.conf").symlink_to(machine.at("/srv/front.conf"))
    for name, text in {"unshare": "#!/bin/sh\nshift\nexec \"$@\"\n", "mount": "#!/bin/sh\n",
                       "nginx": "#!/bin/sh\necho refused\nexit 1\n"}.items():  # fmt: skip
        (machine.stub / "bin" / name).write_text(text)
        (machine.stub / "bin" / name).chmod(0o755)
    artifact = Artifact(site, "new", check=CHECK)
    service = replace(server_service(0), kind="nginx", artifacts=(artifact,), probes=())
    done = machine.apply(plan_of(service))
    assert done.returncode != 0
    assert "nginx rejected its files" in done.stderr
    assert machine.text("/srv/front.conf") == "ours of old"
    assert machine.at("/srv/conf.d/llamafleet-front.conf").is_symlink()
