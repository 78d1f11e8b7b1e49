"""The roles' operations on hosts that only answer: what is decided, and what fails which host."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from llamafleet.diagnostics.model import Diagnostics
from llamafleet.fleet.llama_cpp import tables_of
from llamafleet.fleet.model import Asset, Fleet, Gguf
from llamafleet.lock.merge import lock_of, merge_into
from llamafleet.targets.fingerprint import manifest_text
from llamafleet.targets.plan_types import GgufPlan, HostPlan, ReleasePlan
from llamafleet_roles.base import base
from llamafleet_roles.gguf_files import gguf_files
from llamafleet_roles.gguf_files.facts import path_key
from llamafleet_roles.llama_cpp import llama_cpp
from llamafleet_roles.llama_cpp.facts import HostBuilds
from llamafleet_roles.llama_swap import llama_swap
from llamafleet_roles.lock_file import update_lock
from llamafleet_roles.services import services
from tests.machine.replay import RECORDINGS, probe_of
from tests.roles.machine import ORIGIN, SWAP, plan_of, swap_service
from tests.roles.rollout import roll_out
from tests.roles.test_downloads import BUILD
from tests.roles.test_flags import HELP
from tests.roles.test_pure import PLAN

FOLDERS = "\n".join(
    f"folder {mode} root {path}"
    for path, mode in {
        "/opt/llamafleet": "755",
        "/etc/llamafleet": "755",
        "/var/log/llamafleet": "755",
        "/var/lib/llamafleet": "711",
        "/var/lib/llamafleet/owed": "700",
    }.items()
)
READY = {"accounts 1": f"accounts 1\nuser llamafleet\n{FOLDERS}"}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMAFLEET_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LLAMAFLEET_LLAMA_SWAP", raising=False)


def with_gpus(name: str, *vendors: str) -> HostPlan:
    return replace(plan_of(host=name), gpus=tuple((vendor, None) for vendor in vendors))


def test_a_host_that_is_as_planned_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    outcome = roll_out(base, {"a": plan_of(host="a")}, READY, caplog)["a"]
    assert outcome.succeeded
    assert outcome.changed == 0
    assert len(outcome.commands) == 1


def test_a_wrong_machine_fails_alone_and_before_anything_is_changed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    plans = {"right": with_gpus("right"), "wrong": with_gpus("wrong", "nvidia")}
    outcomes = roll_out(
        base, plans, {"machine 1": "\n".join(probe_of("")), "accounts 1": "accounts 1"}, caplog
    )
    assert outcomes["right"].succeeded
    assert outcomes["right"].changed == 1
    assert not outcomes["wrong"].succeeded
    assert "but the machine has no GPU at all" in outcomes["wrong"].said
    assert len(outcomes["wrong"].commands) == 1


def test_a_pinned_card_that_is_missing_fails_before_anything_is_changed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The other card is dead, which is no matter where it is not pinned."""
    text = (RECORDINGS / "rtx_3090.txt").read_text(encoding="utf-8")
    answer = {"machine 1": "\n".join(probe_of(text)), "accounts 1": "accounts 1"}
    ids = {"there": "GPU-22222222-aaaa-bbbb-cccc-000000000002", "gone": f"GPU-{'9' * 8}"}
    plans = {
        name: replace(with_gpus(name, "nvidia"), gpu_ids=(uuid,)) for name, uuid in ids.items()
    }
    outcomes = roll_out(base, plans, answer, caplog)
    assert outcomes["there"].succeeded
    assert not outcomes["gone"].succeeded
    assert "pins GPU 0 of gone to GPU-99999999" in outcomes["gone"].said
    assert len(outcomes["gone"].commands) == 1


def test_the_gpu_check_can_be_turned_off(caplog: pytest.LogCaptureFixture) -> None:
    plans = {"a": with_gpus("a", "nvidia")}
    outcome = roll_out(base, plans, READY, caplog, llamafleet_gpu_check=False)["a"]
    assert outcome.succeeded


FLEET = Fleet("fleet.fleet", {}, {}, {}, {}, {}, {})


def with_builds(plan: HostPlan, fleet: Fleet = FLEET) -> None:
    """The role of builds, which looks at the whole fleet, too."""
    llama_cpp(plan=plan, fleet=fleet)


@pytest.mark.parametrize("role", [base, with_builds, gguf_files, llama_swap, services])
def test_a_host_that_cannot_be_asked_fails_with_a_message(
    role: object, caplog: pytest.LogCaptureFixture
) -> None:
    gguf = Gguf("g", "/g", None, None, "main", None, None, ORIGIN)
    plan = replace(
        plan_of(swap_service(), host="a"),
        gpus=(("nvidia", None),),
        builds=(PLAN,),
        ggufs=(GgufPlan(gguf, "/g", download=False, store="/.store"),),
        releases=(ReleasePlan("v250", None, None, SWAP),),
    )
    assert callable(role)
    outcome = roll_out(role, {"a": plan}, {}, caplog)["a"]
    assert not outcome.succeeded
    assert "could not" in outcome.said
    assert len(outcome.commands) == 1


def test_weights_that_must_exist_are_named_with_their_host(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gguf = Gguf("big", "/srv/big.gguf", None, None, "main", None, None, ORIGIN)
    plan = replace(
        plan_of(host="a"),
        ggufs=(GgufPlan(gguf, "/srv/big.gguf", download=False, store="/srv/.store"),),
    )
    outcome = roll_out(gguf_files, {"a": plan}, {"weights 1": "weights 1"}, caplog)["a"]
    assert not outcome.succeeded
    assert "gguf big: /srv/big.gguf does not exist on a" in outcome.said
    there = f"weights 1\nfile\t{path_key('/srv/big.gguf')}\t7 1"
    caplog.clear()
    outcome = roll_out(gguf_files, {"a": plan}, {"weights 1": there}, caplog)["a"]
    assert (outcome.succeeded, outcome.changed) == (True, 0)


def test_a_receiver_without_its_builder_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    build = replace(PLAN, build=replace(BUILD, builder="smith"), compiles=False)
    plan = replace(plan_of(host="a"), builds=(build,))
    probe = "llama 1\nmachine x86_64\nos debian-13"
    outcome = roll_out(with_builds, {"a": plan}, {"llama 1": probe}, caplog)["a"]
    assert not outcome.succeeded
    assert "main has not been built on smith yet: include smith in this run" in outcome.said


def with_a_build(ref: str) -> tuple[HostPlan, str]:
    """The plan of a host that has a build already, and what its probe answers."""
    build = replace(PLAN, build=replace(BUILD, ref=ref))
    install = f"{build.directory}-0123456789ab"
    inputs = HostBuilds("x86_64", "debian-13", {"gcc": "14"}).inputs(build)
    manifest = manifest_text(inputs, {}).replace("\n", "")
    probe = (
        f"llama 1\nmachine x86_64\nos debian-13\ngcc 14\ncurrent {build.directory} {install}\n"
        f"sums {install} {'0' * 64}\ninstall {install} {manifest}"
    )
    return replace(plan_of(host="a"), builds=(build,)), probe


NOWHERE = replace(BUILD, source="archive", url="/nowhere/llama.cpp.tar.gz")


def test_one_host_of_a_class_compiles_for_all(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is compiled here: the unit never leaves a result, so that each host says so."""
    plans = {
        name: replace(plan_of(host=name), builds=(replace(PLAN, build=NOWHERE),))
        for name in ("a", "b")
    }
    probe = {"llama 1": "llama 1\nmachine x86_64\nos debian-13\ngcc 14.2.0"}
    outcomes = roll_out(with_builds, plans, probe, caplog)
    compiled = [name for name, each in outcomes.items() if "compiling into" in each.said]
    waited = [name for name, each in outcomes.items() if "compiles it for all hosts" in each.said]
    assert len(compiled) >= 1
    assert len(waited) == 1
    # The one that waited compiles itself once it sees that nothing came of it.
    assert sorted(compiled) == ["a", "b"]


def test_a_release_is_for_the_machines_that_it_has_archives_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asset = Asset("aarch64", "a.tar.gz", str(tmp_path / "gone.tar.gz"), "1" * 64, 1)
    build = replace(NOWHERE, kind="release", sha256=None, assets=(asset,))
    plans = {"a": replace(plan_of(host="a"), builds=(replace(PLAN, build=build),))}
    probe = {"llama 1": "llama 1\nmachine x86_64\nos debian-13"}
    outcome = roll_out(with_builds, plans, probe, caplog)["a"]
    assert not outcome.succeeded
    assert "has archives for aarch64, and this host is x86_64" in outcome.said
    caplog.clear()
    probe = {"llama 1": "llama 1\nmachine aarch64\nos debian-13"}
    outcome = roll_out(with_builds, plans, probe, caplog)["a"]
    assert not outcome.succeeded
    assert "gone.tar.gz does not exist on this machine" in outcome.said
    assert not any("cmake" in each for each in outcome.commands), "nothing is compiled instead"


def test_an_install_that_was_not_recorded_is_not_given_to_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plan, probe = with_a_build("b12000")
    build = plan.builds[0]
    shared = replace(build, build=replace(NOWHERE, ref="b12000", builder="a"))
    fleet = replace(FLEET, path=str(tmp_path / "fleet.fleet"))
    answers = {"llama 1": probe, "--help": HELP}
    plans = {"a": replace(plan, builds=(shared,))}
    outcome = roll_out(partial(with_builds, fleet=fleet), plans, answers, caplog)["a"]
    assert "compiling into" in outcome.said
    assert not any("pack.sh" in each for each in outcome.commands)
    # With a record of the same list of files it is packed.
    inputs = HostBuilds("x86_64", "debian-13", {"gcc": "14"}).inputs(shared)
    caplog.clear()
    update_lock(fleet.path, {("built", inputs.fingerprint): {"sums": "0" * 64}})
    outcome = roll_out(partial(with_builds, fleet=fleet), plans, answers, caplog)["a"]
    assert "compiling into" not in outcome.said
    assert any("pack.sh" in each for each in outcome.commands)


def test_the_flags_of_a_build_reach_the_lock_and_are_asked_for_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The help is a stand-in for that of a llama-server."""
    plan, probe = with_a_build("b12000")
    answers = {"llama 1": probe, "--help": HELP}
    fleet = replace(FLEET, path=str(tmp_path / "fleet.fleet"))
    outcome = roll_out(partial(with_builds, fleet=fleet), {"a": plan}, answers, caplog)["a"]
    assert (outcome.succeeded, outcome.changed) == (True, 1)
    assert "saved its flag table in fleet.lock" in outcome.said
    lock = (tmp_path / "fleet.lock").read_bytes()
    known = merge_into(fleet, lock_of(lock, "fleet.lock", fleet, Diagnostics()), Diagnostics())
    assert tables_of(known).nearest("b12000").exact
    outcome = roll_out(partial(with_builds, fleet=known), {"a": plan}, answers, caplog)["a"]
    assert (outcome.succeeded, outcome.changed) == (True, 0)
    assert not any("--help" in each for each in outcome.commands)


def test_a_lock_that_cannot_be_written_fails_no_rollout(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plan, probe = with_a_build("b12000")
    fleet = replace(FLEET, path=str(tmp_path / "none/fleet.fleet"))
    answers = {"llama 1": probe, "--help": HELP}
    outcome = roll_out(partial(with_builds, fleet=fleet), {"a": plan}, answers, caplog)["a"]
    assert outcome.succeeded
    assert "could not save its flag table: cannot write" in outcome.said


def test_a_release_without_a_known_digest_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    plan = replace(plan_of(host="a"), releases=(ReleasePlan("v999", None, None, SWAP),))
    probe = {"swap 1": "swap 1\nmachine x86_64"}
    outcome = roll_out(llama_swap, {"a": plan}, probe, caplog)["a"]
    assert not outcome.succeeded
    assert 'write sha256 = "..." into the service' in outcome.said


def test_a_given_binary_that_does_not_exist_is_named(caplog: pytest.LogCaptureFixture) -> None:
    plan = replace(plan_of(host="a"), releases=(ReleasePlan("v250", None, None, SWAP),))
    probe = {"swap 1": "swap 1\nmachine x86_64"}
    data: dict[str, Any] = {"llama_swap_binary": "/nowhere/llama-swap"}
    outcome = roll_out(llama_swap, {"a": plan}, probe, caplog, **data)["a"]
    assert not outcome.succeeded
    assert "does not exist on this machine: /nowhere/llama-swap" in outcome.said


def test_secrets_are_on_no_command_line(caplog: pytest.LogCaptureFixture) -> None:
    plan = plan_of(swap_service(), host="a")
    data: dict[str, Any] = {"llamafleet_environment": {"voice": {"KEY": "s3cret"}}}
    outcome = roll_out(services, {"a": plan}, {"probe\\t1": "probe\t1"}, caplog, **data)["a"]
    assert outcome.succeeded
    assert outcome.changed == 1
    assert "s3cret" not in "\n".join(outcome.commands) + caplog.text


def test_bad_inventory_data_fails_the_host_with_a_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    plan = plan_of(swap_service(), host="a")
    data: dict[str, Any] = {"llamafleet_environment": {"voice": {"NOT A NAME": "x"}}}
    outcome = roll_out(services, {"a": plan}, {"probe\\t1": "probe\t1"}, caplog, **data)["a"]
    assert not outcome.succeeded
    assert "'NOT A NAME' is not a valid name of an environment variable" in outcome.said


def test_a_compiler_has_a_version_only_when_all_that_is_needed_has() -> None:
    assert HostBuilds(versions={"gcc": "14"}).compiler("cpu") == "gcc14"
    assert HostBuilds(versions={"gcc": "14"}).compiler("cuda") == ""
    assert HostBuilds(versions={"gcc": "14", "nvcc": "12.8"}).compiler("cuda") == "gcc14-nvcc12.8"
