"""The scripts of calibration that run on hosts: memory of cards, results, neighbours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

FILES = Path(__file__).parent.parent.parent / "roles" / "llamafleet_roles" / "calibrate" / "files"


def run(script: str, *arguments: str, **environment: str) -> str:
    """A script as a host runs it; what it printed."""
    command = ["sh", str(FILES / script), *arguments]
    found = {**os.environ, **environment}
    done = subprocess.run(command, env=found, capture_output=True, text=True, timeout=30)
    assert done.stderr == ""
    return done.stdout


def device(root: Path, address: str, vendor: str, used: int | None) -> None:
    """A PCI device as the kernel shows it."""
    folder = root / "sys/bus/pci/devices" / address
    folder.mkdir(parents=True)
    (folder / "vendor").write_text(f"{vendor}\n")
    if used is not None:
        (folder / "mem_info_vram_used").write_text(f"{used}\n")


def test_the_driver_of_amd_counts_for_each_card(tmp_path: Path) -> None:
    device(tmp_path, "0000:01:00.0", "0x10de", None)
    device(tmp_path, "0000:03:00.0", "0x1002", 512 * 2**20)
    device(tmp_path, "0000:03:00.1", "0x1002", None)  # its sound
    device(tmp_path, "0000:0a:00.0", "0x1002", 2**20 + 5)
    assert run("cards.sh", "amd", LLAMAFLEET_ROOT=str(tmp_path)) == "0, 512\n1, 1\n"


def stub(folder: Path, name: str, text: str) -> str:
    """A PATH that finds a program of ours first."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}")
    (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_nvidia_smi_counts_for_nvidia(tmp_path: Path) -> None:
    path = stub(tmp_path / "bin", "nvidia-smi", 'echo "0, 13"; echo "asked $*" >&2\n')
    assert run("cards.sh", "nvidia", PATH=path) == "0, 13\n"


@pytest.mark.parametrize("vendor", ["none", "intel"])
def test_who_cannot_be_asked_says_nothing(vendor: str) -> None:
    assert run("cards.sh", vendor) == ""


def test_what_stood_aside_is_started_once(tmp_path: Path) -> None:
    path = stub(tmp_path / "bin", "systemctl", f'echo "$*" >>{tmp_path}/asked\n')
    (tmp_path / "stopped").write_text("llama-swap-voice.service\nllama-server-w-0.service\n")
    for _ in range(2):
        run("resume.sh", str(tmp_path), PATH=path)
    assert (tmp_path / "asked").read_text() == (
        "start --no-block llama-swap-voice.service\nstart --no-block llama-server-w-0.service\n"
    )


@pytest.mark.parametrize("name", ["calibrate.sh", "cards.sh", "resume.sh", "results.sh"])
def test_every_script_can_be_parsed(name: str) -> None:
    shell = "bash" if name == "calibrate.sh" else "sh"
    assert subprocess.run([shell, "-n", str(FILES / name)]).returncode == 0


def test_what_was_seen_is_printed_whole(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "log").write_text("ä\tb\n" * 1000)
    (tmp_path / "job").write_text("name x\nid abc\n")
    lines = run("results.sh", str(tmp_path)).splitlines()
    assert [line.partition("\t")[0] for line in lines] == ["log", "id"]
