"""Vulkan's cards by address: the command that looks them up, run by a real shell and awk."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from llamafleet.backends.vulkan import VULKAN

AWKS = [each for each in ("mawk", "gawk", "original-awk") if Path(f"/usr/bin/{each}").exists()]

# A Radeon AI PRO R9700's part is from a public test file, with its bus 13, which is 0d; the loader
# lists a card of NVIDIA's between the two, and a device of the processor last.
VULKANINFO = """\
==========
VULKANINFO
==========

Device Groups:
==============
Group 0:
	Properties:
		physicalDevices: count = 1
			AMD Radeon AI PRO R9700 (RADV GFX1201) (ID: 0)

Device Properties and Extensions:
=================================
GPU0:
VkPhysicalDeviceProperties:
---------------------------
	apiVersion        = 1.4.335 (4211023)
	deviceName        = AMD Radeon AI PRO R9700 (RADV GFX1201)
VkPhysicalDeviceIDProperties:
	deviceUUID      = 00000000-0d00-0000-0000-000000000000
VkPhysicalDevicePCIBusInfoPropertiesEXT:
	pciDomain   = 0
	pciBus      = 13
	pciDevice   = 0
	pciFunction = 0
GPU1:
	deviceName        = NVIDIA GeForce RTX 4090
	deviceUUID      = 55555555-aaaa-bbbb-cccc-000000000001
	pciDomain   = 0
	pciBus      = 1
	pciDevice   = 0
	pciFunction = 0
GPU2:
	deviceName        = AMD Radeon AI PRO R9700 (RADV GFX1201)
	pciDomain   = 15
	pciBus      = 3
	pciDevice   = 31
	pciFunction = 1
GPU3:
	deviceName        = llvmpipe (LLVM 19.1.7, 256 bits)
"""


def start(tmp_path: Path, wanted: str, awk: str = "mawk") -> subprocess.CompletedProcess[str]:
    """What a server gets; its argument has a blank, which must arrive."""
    (tmp_path / "vulkaninfo").write_text(f"#!/bin/sh\ncat <<'END'\n{VULKANINFO}END\n")
    (tmp_path / "vulkaninfo").chmod(0o755)
    (tmp_path / "awk").symlink_to(f"/usr/bin/{awk}")
    server = ("/bin/sh", "-c", 'echo "$GGML_VK_VISIBLE_DEVICES|$1"', "server", "two words")
    return subprocess.run(
        [*VULKAN.finder, *server],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "LLAMAFLEET_GPUS": wanted},
    )


@pytest.mark.parametrize("awk", AWKS)
@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ("0000:0d:00.0", "0"),
        ("000f:03:1f.1,0000:0d:00.0", "2,0"),
        ("GPU-55555555-aaaa-bbbb-cccc-000000000001", "1"),
    ],
)
def test_cards_are_found_in_the_order_that_is_asked_for(
    tmp_path: Path, wanted: str, seen: str, awk: str
) -> None:
    done = start(tmp_path, wanted, awk)
    assert (done.stdout, done.stderr) == (f"{seen}|two words\n", "")


def test_a_card_that_is_missing_ends_the_start(tmp_path: Path) -> None:
    done = start(tmp_path, "0000:0d:00.0,0000:99:00.0")
    assert done.returncode != 0
    assert done.stdout == ""
    assert "Vulkan shows no GPU 0000:99:00.0" in done.stderr


def test_llama_swap_sees_no_macro_in_it() -> None:
    assert "${" not in " ".join(VULKAN.finder)
