"""The script that proves CUDA on a real card: what it writes and runs, without running it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llamafleet.compiler import compile_text
from llamafleet.plan import plan_host
from tests.machine.replay import machine
from tools import prove_cuda
from tools.prove_cuda import NotProvenError, Wanted, commands, fleet_text, record, write_site

WANTED = Wanted("192.0.2.7", "/models/small.gguf", "me", None)


@pytest.mark.parametrize(
    ("name", "arches"),
    [
        ("rtx_3090", "86-real"),
        ("p40_mixed_with_ampere", "61-real;70-real;86-real"),
        ("driver_610", None),
    ],
)
def test_a_recorded_machine_gives_a_fleet(name: str, arches: str | None) -> None:
    text = fleet_text(machine(name), WANTED)
    found = compile_text(text)
    assert found.fleet is not None, [each.message for each in found.diagnostics]
    host = found.fleet.hosts["card"]
    assert (host.address, host.ssh.user) == ("192.0.2.7", "me")
    [build] = plan_host(found.fleet, "card").builds
    if arches:
        assert f"-DCMAKE_CUDA_ARCHITECTURES={arches}" in build.cmake


def test_a_machine_without_a_card_is_said() -> None:
    with pytest.raises(NotProvenError, match=r"192\.0\.2\.7 shows no NVIDIA card"):
        fleet_text(machine("r9700"), WANTED)


def test_a_toolkit_that_cannot_work_is_said_before_anything_is_touched(tmp_path: Path) -> None:
    text = fleet_text(machine("p40_mixed_with_ampere"), Wanted("h", "/m.gguf", toolkit="13.0"))
    with pytest.raises(NotProvenError, match=r"CUDA 13\.0 cannot build for sm_61"):
        write_site(tmp_path / "site", text)
    assert not (tmp_path / "site").exists()


def test_weights_cannot_write_the_fleet_file() -> None:
    text = fleet_text(machine("rtx_3090"), Wanted("h", '/m.gguf"\n}\nhost evil {'))
    assert "evil" not in {host for host in (compile_text(text).fleet or FakeFleet()).hosts}


class FakeFleet:
    hosts: tuple[str, ...] = ()


def test_the_steps_are_those_of_a_user(tmp_path: Path) -> None:
    steps = dict(commands(tmp_path))
    assert list(steps) == ["site", "calibrate", "verify"]
    assert steps["site"][1:] == ["-y", str(tmp_path / "hosts.py"), "deploys/site.py"]
    assert (prove_cuda.ROOT / "deploys" / "calibrate.py").is_file()


def test_a_server_on_the_processor_is_no_proof() -> None:
    shown = {"list_devices": "Available devices:\n", "manifest": "{}", "lock": ""}
    with pytest.raises(NotProvenError, match="lists no card"):
        record(machine("rtx_3090"), {}, shown)


def test_a_record_says_card_driver_and_build() -> None:
    shown = {"list_devices": "  CUDA0: NVIDIA GeForce RTX 3090 (24126 MiB)", "manifest": '{"a": 1}'}
    found = record(machine("rtx_3090"), {"site": 900}, {**shown, "lock": "x"})
    assert found["cards"][0][1] == "sm_86"
    assert found["driver"]
    assert json.loads(json.dumps(found)) == found
