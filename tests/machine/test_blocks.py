"""Blocks for fleet files: each recorded machine gives a file that is right, and nothing else."""

from __future__ import annotations

import pytest

from llamafleet.api import format_text
from llamafleet.compiler import compile_text
from llamafleet.diagnostics.model import Severity
from llamafleet.machine import Disk, Distribution, Gpu, MachineFacts, Serving
from llamafleet.machine.blocks import described
from tests.machine.replay import RECORDINGS, machine


def fleet_of(*blocks: str) -> tuple[str, list[str]]:
    """Return the file with these blocks, and the messages of its errors."""
    text = "fleet 1\n\n" + "\n".join(blocks)
    found = compile_text(text).diagnostics
    return text, [each.message for each in found if each.severity is Severity.ERROR]


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDINGS.glob("*.txt")))
def test_what_is_printed_passes_check(name: str) -> None:
    found = machine(name)
    text, errors = fleet_of(described("box-1", found, {}, "10.0.0.7"))
    assert errors == [], text
    assert format_text(text) == text
    fleet = compile_text(text).fleet
    assert fleet is not None
    (host,) = fleet.hosts.values()
    assert host.address == "10.0.0.7"


def test_a_kind_of_card_is_declared_once_over_hosts() -> None:
    known: dict[str, str] = {}
    names = ("rtx_3090", "rtx_5090_and_3080", "rtx_3090", "p40_mixed_with_ampere")
    blocks = [described(f"h{at}", machine(name), known) for at, name in enumerate(names)]
    text, errors = fleet_of(*blocks)
    assert errors == []
    assert text.count("gpu rtx-3090 {") == 1
    assert "gpus    = [a10, v100-pcie-16gb, p40, p40]" in text


def test_the_blocks_of_a_machine_read_like_this() -> None:
    disks = (Disk("/", 10 << 30, 5 << 30), Disk("/var/lib", 900 << 30, 700 << 30))
    serves = Serving("unit", "llama-server.service", None, "active, /usr/lib/systemd/system/x")
    found = machine("rtx_3090")
    whole = MachineFacts(found.gpus, found.drivers, ram=64 << 30, disks=disks, serving=(serves,))
    assert (
        described("pc", whole, {})
        == """\
gpu rtx-3090 {
    vendor = nvidia
    arch   = sm_86
    vram   = 24576MiB
}

# nvidia driver 595.84, up to CUDA 13.2
# already serves: unit llama-server.service (active, /usr/lib/systemd/system/x)
host pc {
    gpus    = [rtx-3090, rtx-3090]
    gpu-ids = [
        "GPU-22222222-aaaa-bbbb-cccc-000000000001",
        "GPU-22222222-aaaa-bbbb-cccc-000000000002",
    ]
    ram     = 65536MiB
    disk    = 700GiB  # free now on /var/lib
}
"""
    )


def test_a_processors_graphics_count_only_where_there_is_no_card() -> None:
    both = described("h", machine("rx_7900_xtx_and_apu"), {})
    assert "gpus    = [rx-7900-xtx]" in both
    assert "# Radeon Graphics at 0000:13:00.0 is part of the processor" in both
    assert "gpus    = [gb10]" in described("h", machine("gb10"), {})
    assert described("h", machine("mi300x_cpx"), {}).count("amd-gfx942") == 10


def test_what_a_host_says_of_itself_cannot_become_language() -> None:
    evil = 'x"]\n}\nhost evil {\n    sudo = off # \x1b[2J'
    found = MachineFacts(
        (Gpu("nvidia", "0000:01:00.0", evil, evil, evil, 1 << 34, trouble=evil),) * 2,
        disks=(Disk("/", 1, 1), Disk("/var/lib\n}", 1, 1)),
        serving=(Serving("unit", evil, 1, evil),),
    )
    text, errors = fleet_of(described(evil, found, {}))
    assert errors == [], text
    fleet = compile_text(text).fleet
    assert fleet is not None
    assert len(fleet.hosts) == 1
    assert "\x1b" not in text


def test_a_block_says_the_distribution_that_builds_are_checked_by() -> None:
    debian = described("h", MachineFacts(distribution=Distribution("debian", "13")), {})
    assert '    distribution = "debian-13"\n' in debian
    hostile = MachineFacts(distribution=Distribution("debian", '13"\n}\nhost evil {'))
    assert "distribution =" not in described("h", hostile, {})
    assert "distribution =" not in described("h", MachineFacts(), {})
