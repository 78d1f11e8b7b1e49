"""Whether a host's GPUs are those of the fleet file: recorded machines against declarations."""

from __future__ import annotations

import re

import pytest

from llamafleet.machine import Gpu, MachineFacts
from llamafleet.machine.probe import FIRST, read
from llamafleet_roles.base.gpus import gpu_mismatch
from llamafleet_roles.base.pins import pin_mismatch, pinned
from tests.machine.replay import machine

Declared = tuple[tuple[str, str | None], ...]


def cards(*found: tuple[str, str | None]) -> MachineFacts:
    return MachineFacts(
        tuple(
            Gpu(vendor, pci=f"0000:{at:02x}:00.0", arch=arch)
            for at, (vendor, arch) in enumerate(found)
        )
    )


P40 = ("nvidia", "sm_61")


@pytest.mark.parametrize(
    ("declared", "found", "message"),
    [
        ((("nvidia", None),), cards(), "declares 1 NVIDIA GPU for h, but the machine has no GPU"),
        ((("nvidia", None),) * 2, cards(("nvidia", None)), "2 NVIDIA GPUs for h, .* 1 NVIDIA GPU:"),
        ((("nvidia", None),), cards(*(("nvidia", None),) * 2), "1 NVIDIA GPU .* 2 NVIDIA GPUs"),
        ((("amd", None),), cards(("nvidia", None)), "1 AMD GPU for h, .* has 1 NVIDIA GPU"),
        ((("nvidia", "sm_86"),), cards(P40), "sm_86 for h, but the machine has sm_61"),
        (
            (P40, ("nvidia", "sm_86")),
            cards(("nvidia", "sm_86"), P40),
            "sm_61, sm_86 for h, but the machine has sm_86, sm_61",
        ),
        ((P40, P40), machine("dead_card"), r"GPU at 0000:02:00.0 cannot be used .*GPU is lost"),
        ((P40,), machine("no_devices"), 'nvidia-smi says "No devices were found".* on h$'),
        (
            (("nvidia", "sm_86"),),
            machine("version_mismatch"),
            r"in the kernel is 550\.90\.07, but its libraries are 550\.107\.02.*: reboot on h",
        ),
        ((("nvidia", "sm_89"),), machine("hanging_tool"), "nvidia-smi hangs"),
        ((P40,), read([FIRST, "= folder 1"]), "could not look for GPUs .no folder for temporary"),
    ],
)
def test_another_machine_than_declared_is_refused(
    declared: Declared, found: MachineFacts, message: str
) -> None:
    said = gpu_mismatch("h", declared, found)
    assert said
    assert re.search(message, said), said


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ((("nvidia", "sm_86"),), cards(("nvidia", "sm_86"), ("intel", None))),
        ((("amd", "gfx1201"),), cards(("amd", "gfx1201"), ("amd", "gfx1036"))),
        ((("nvidia", "sm_120a"),), cards(("nvidia", "sm_120"))),
        ((("nvidia", "sm_86"),) * 2, machine("rtx_3090")),
        ((("nvidia", "sm_86"), ("nvidia", "sm_120")), machine("rtx_5090_and_3080")),
        ((("nvidia", "sm_121"),), machine("gb10")),
        ((("amd", "gfx1100"),), machine("rx_7900_xtx_and_apu")),
        ((("amd", "gfx942"),) * 9, machine("mi300x_cpx")),
        ((("intel", "bmg-g21"),) * 2, machine("arc_b60_and_integrated")),
        ((("amd", "gfx1032"), ("nvidia", "sm_89")), machine("mixed_vendors_by_vulkan")),
    ],
)
def test_the_declared_machine_is_accepted(declared: Declared, found: MachineFacts) -> None:
    assert gpu_mismatch("h", declared, found) is None


def test_a_card_of_a_virtual_machine_is_not_the_hosts() -> None:
    said = gpu_mismatch("h", (("nvidia", "sm_86"),), machine("passed_through"))
    assert said
    assert "couldn't communicate with the NVIDIA driver" in said


A10, V100, FIRST_P40, LAST_P40 = (
    f"GPU-11111111-aaaa-bbbb-cccc-00000000000{n}" for n in range(1, 5)
)
MIXED = machine("p40_mixed_with_ampere")


def test_pinned_cards_are_found_in_any_order_and_beside_others() -> None:
    ids = (LAST_P40, A10)
    declared = (P40, ("nvidia", "sm_86"))
    assert pin_mismatch("h", declared, ids, MIXED) is None
    assert [gpu.name for gpu in pinned(ids, MIXED)] == ["NVIDIA A10", "Tesla P40"]
    assert pin_mismatch("h", (P40,), ("0000:af:00.0",), MIXED) is None


@pytest.mark.parametrize(
    ("declared", "ids", "message"),
    [
        (
            (P40, P40),
            (FIRST_P40, "GPU-99999999-aaaa-bbbb-cccc-000000000001"),
            r"pins GPU 1 of h to GPU-9{8}.*Tesla P40 with GPU-1{8}.*04 at 0000:af:00.0",
        ),
        ((P40,), (A10,), r"GPU 0 of h as sm_61, but GPU-1.* is sm_86 .NVIDIA A10"),
        ((P40, P40), (LAST_P40, "0000:af:00.0"), "names one card twice, as GPU 0 and GPU 1"),
    ],
)
def test_a_pinned_card_that_is_not_there_is_refused(
    declared: Declared, ids: tuple[str, ...], message: str
) -> None:
    said = pin_mismatch("h", declared, ids, MIXED)
    assert said
    assert re.search(message, said), said
