"""The parts that decide and touch nothing: GPUs, fingerprints, releases, the inventory."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llamafleet.fleet.model import NO_SPANS, Fleet, GpuType, Host, ListenAddress, Patch, Ssh
from llamafleet.fleet.service import Keys
from llamafleet.inventory import group_name, pyinfra_groups
from llamafleet.llama_swap.releases import archive_sha256, archive_url, known_versions
from llamafleet.targets.fingerprint import configure_options, inputs_of, manifest_text, read_inputs
from llamafleet.targets.plan_types import BuildPlan
from llamafleet_roles.llama_cpp.facts import Builds, HostBuilds, linked_to
from tests.roles.machine import ORIGIN
from tests.roles.test_downloads import BUILD

PLAN = BuildPlan(
    build=BUILD,
    cmake=("-DGGML_NATIVE=OFF",),
    packages=("cmake",),
    runtime_packages=("libgomp1",),
    directory="/opt/llamafleet/llama.cpp/main",
    compiles=True,
)
FACTS: dict[str, Any] = {"machine": "x86_64", "os": "debian-13", "compiler": "gcc14", "cpu": "abc"}


def test_every_input_changes_the_fingerprint() -> None:
    base = inputs_of(PLAN, **FACTS)
    plans = [
        replace(PLAN, cmake=("-DGGML_NATIVE=OFF", "-DX=1")),
        replace(PLAN, prepare="export X=1"),
        replace(PLAN, build=replace(BUILD, ref="b1")),
        replace(PLAN, build=replace(BUILD, sha256="0" * 64)),
        replace(PLAN, build=replace(BUILD, backend="cuda")),
        replace(PLAN, build=replace(BUILD, targets=("llama-cli",))),
        replace(PLAN, build=replace(BUILD, native=True)),
        replace(PLAN, build=replace(BUILD, patches=(Patch("a.patch", "a.patch", "1" * 64),))),
        replace(PLAN, build=replace(BUILD, patches=(Patch("a.patch", "a.patch", "2" * 64),))),
    ]
    others = [inputs_of(plan, **FACTS) for plan in plans]
    others += [
        inputs_of(PLAN, **(FACTS | {name: "other"})) for name in ("machine", "os", "compiler")
    ]
    others.append(inputs_of(PLAN, **FACTS, runtime={"glibc": "2.41"}))
    others.append(inputs_of(PLAN, **FACTS, runtime={"glibc": "2.36"}))
    prints = {each.fingerprint for each in others} | {base.fingerprint}
    assert len(prints) == len(others) + 1
    assert all(len(each) == 12 for each in prints)


def test_the_processor_counts_only_for_native_builds() -> None:
    other = FACTS | {"cpu": "other"}
    assert inputs_of(PLAN, **FACTS) == inputs_of(PLAN, **other)
    native = replace(PLAN, build=replace(BUILD, native=True))
    assert inputs_of(native, **FACTS) != inputs_of(native, **other)


def test_an_unknown_compiler_matches_any_and_nothing_else_does() -> None:
    known, unknown = inputs_of(PLAN, **FACTS), inputs_of(PLAN, **(FACTS | {"compiler": ""}))
    assert known.matches(unknown)
    assert unknown.matches(known)
    assert not known.matches(inputs_of(PLAN, **(FACTS | {"compiler": "gcc12"})))
    assert not unknown.matches(inputs_of(PLAN, **(FACTS | {"os": "debian-12"})))


def test_libraries_count_as_far_as_both_hosts_know_them() -> None:
    newer = inputs_of(PLAN, **FACTS, runtime={"glibc": "2.41", "rocblas": "6.4.4"})
    older = inputs_of(PLAN, **FACTS, runtime={"glibc": "2.41", "rocblas": "6.4.1"})
    assert newer == older, "a patch release of a library makes no other build"
    assert newer.matches(inputs_of(PLAN, **FACTS, runtime={"glibc": "2.41", "rocblas": ""}))
    assert not newer.matches(inputs_of(PLAN, **FACTS, runtime={"rocblas": "7.0.2"}))
    assert newer.matches(newer.without_tools)


def test_a_driver_is_no_library_of_a_build() -> None:
    packages = ("libgomp1", "libvulkan1", "mesa-vulkan-drivers", "intel-opencl-icd")
    assert linked_to(replace(PLAN, runtime_packages=packages)) == ("glibc", "libvulkan1")


def test_inputs_are_read_back_from_a_manifest() -> None:
    inputs = inputs_of(PLAN, **FACTS)
    assert read_inputs(manifest_text(inputs, {"by": "me"})) == inputs
    old = manifest_text(inputs, {}).replace('"format": 2', '"format": 1')
    assert read_inputs(old) is None
    assert read_inputs("{}") is read_inputs("no json") is read_inputs("[]") is None


def test_an_install_can_be_moved_and_knows_its_number() -> None:
    options = configure_options(PLAN)
    assert "-DCMAKE_INSTALL_RPATH=$ORIGIN" in options
    assert "-DLLAMA_BUILD_NUMBER=11434" in options
    given = configure_options(replace(PLAN, cmake=("-DLLAMA_BUILD_NUMBER=7",)))
    assert [each for each in given if "BUILD_NUMBER" in each] == ["-DLLAMA_BUILD_NUMBER=7"]


def test_jobs_are_bound_by_cores_and_by_memory() -> None:
    assert HostBuilds(cores=8, memory=64_000_000).jobs(PLAN) == 8
    assert HostBuilds(cores=8, memory=2_000_000).jobs(PLAN) == 2
    assert HostBuilds(cores=8, memory=0).jobs(PLAN) == 1
    assert HostBuilds(cores=8, memory=0).jobs(replace(PLAN, build=replace(BUILD, jobs=5))) == 5


def test_the_builds_probe_answers_on_this_machine(tmp_path: Path) -> None:
    fact = Builds()
    done = subprocess.run(
        ["sh", "-c", fact.command(directories=(str(tmp_path / "main"),))],
        capture_output=True,
        text=True,
        check=True,
    )
    seen = fact.process(done.stdout.splitlines())
    assert seen is not None
    assert seen.machine
    assert seen.cores >= 1
    assert seen.installs == {}


def test_releases_have_digests_for_both_machines() -> None:
    versions = known_versions()
    assert len(versions) > 100
    assert versions[-1] == "v250"
    for version in versions:
        assert len(archive_sha256(version, "x86_64") or "") == 64
    assert archive_sha256("v250", "aarch64") != archive_sha256("v250", "x86_64")
    assert archive_sha256("v250", "riscv64") is None
    assert archive_url("v250", "x86_64").endswith("/v250/llama-swap_250_linux_amd64.tar.gz")


def host(name: str, **changed: object) -> Host:
    values = {
        "name": name,
        "address": f"{name}.lan",
        "ssh": Ssh(),
        "gpus": (),
        "ram": None,
        "groups": (),
        "models_dir": "/models",
        "origin": ORIGIN,
    }
    return Host(**(values | changed))  # type: ignore[arg-type]


class Swap:
    """A service as far as an inventory needs one."""

    kind, name, hosts = "llama-swap", "my-voice", ("b",)
    builds: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    origin, spans = ORIGIN, NO_SPANS
    listen, keys = ListenAddress("127.0.0.1", 8080), Keys()
    front, server = None, None


def test_the_inventory_has_groups_by_vendor_service_and_group() -> None:
    card = GpuType("p40", "nvidia", "sm_61", None, ORIGIN)
    hosts = {
        "a": host("a", gpus=(card, card), ssh=Ssh(user="root", port=2222)),
        "b": host("b", groups=("edge", "2nd-floor"), ssh=Ssh(known_hosts="~/hosts")),
    }
    fleet = Fleet("fleet.fleet", {}, hosts, {}, {}, {}, {"my-voice": Swap()})
    groups = pyinfra_groups(fleet)
    names = {group: [name for name, _ in members] for group, members in groups.items()}
    assert names == {
        "all": ["a", "b"],
        "nvidia": ["a"],
        "edge": ["b"],
        "group_2nd_floor": ["b"],
        "my_voice": ["b"],
    }
    (_, a), (_, b) = groups["all"]
    assert a["ssh_hostname"] == "a.lan"
    assert (a["ssh_user"], a["ssh_port"], a["_sudo"]) == ("root", 2222, False)
    assert "ssh_user" not in b
    assert b["_sudo"] is True
    assert b["ssh_strict_host_key_checking"] == "yes"
    assert b["ssh_known_hosts_file"] == str(Path("~/hosts").expanduser())
    assert Path(a["fleet"]).is_absolute()


@pytest.mark.parametrize("text", ["gpu-hosts", "_hidden", "9lives", "ok", "a.b", "Ünder"])
def test_group_names_are_names_that_pyinfra_takes(text: str) -> None:
    name = group_name(text)
    assert name.isidentifier()
    assert not name.startswith("_")
