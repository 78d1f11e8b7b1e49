"""The architecture of a card by its number on the PCI bus, for machines without a driver.

Numbers are from the PCI ID Repository (pci.ids): NVIDIA and Intel give each chip a range of them.
"""

from __future__ import annotations

_NVIDIA = (
    (0x1340, 0x13BF, "sm_50"),  # GM107, GM108
    (0x13C0, 0x143F, "sm_52"),  # GM204, GM206
    (0x15F0, 0x15FF, "sm_60"),  # GP100
    (0x1617, 0x1667, "sm_52"),  # GM204M
    (0x1725, 0x172F, "sm_60"),  # GP100
    (0x174D, 0x179C, "sm_50"),  # GM107, GM108M
    (0x17C2, 0x17FF, "sm_52"),  # GM200
    (0x1B00, 0x1D7F, "sm_61"),  # GP102, GP104, GP106, GP107, GP108
    (0x1D80, 0x1DFF, "sm_70"),  # GV100
    (0x1E00, 0x1FFF, "sm_75"),  # TU102, TU104, TU106, TU117
    (0x2080, 0x20FF, "sm_80"),  # GA100
    (0x2180, 0x21FF, "sm_75"),  # TU116
    (0x2200, 0x22FF, "sm_86"),  # GA102, GA103
    (0x2300, 0x23FF, "sm_90"),  # GH100
    (0x2414, 0x25FF, "sm_86"),  # GA103, GA104, GA106, GA107
    (0x2680, 0x28FF, "sm_89"),  # AD102, AD103, AD104, AD106, AD107
    (0x2900, 0x297F, "sm_100"),  # GB100, GB102
    (0x2B80, 0x2DFF, "sm_120"),  # GB202, GB203, GB206, GB207
    (0x2E00, 0x2E7F, "sm_121"),  # GB10
    (0x2F00, 0x2FFF, "sm_120"),  # GB205
)
_INTEL = (
    (0x5690, 0x5692, "acm-g10"),
    (0x5693, 0x5695, "acm-g11"),
    (0x56A0, 0x56A2, "acm-g10"),
    (0x56A5, 0x56A6, "acm-g11"),
    (0x56B0, 0x56B1, "acm-g11"),
    (0x56C0, 0x56C0, "acm-g10"),
    (0x56C1, 0x56C1, "acm-g11"),
    (0x0BD0, 0x0BDB, "pvc"),
    (0xE202, 0xE216, "bmg-g21"),
    (0xE220, 0xE223, "bmg-g31"),
)
_AMD = (
    (0x66A0, 0x66AF, "gfx906"),  # Vega 20
    (0x6860, 0x687F, "gfx900"),  # Vega 10
    (0x7310, 0x731F, "gfx1010"),  # Navi 10
    (0x7340, 0x734F, "gfx1012"),  # Navi 14
    (0x7360, 0x7362, "gfx1011"),  # Navi 12
    (0x7388, 0x738E, "gfx908"),  # Arcturus
    (0x73A0, 0x73BF, "gfx1030"),  # Navi 21
    (0x73C0, 0x73DF, "gfx1031"),  # Navi 22
    (0x73E0, 0x73FF, "gfx1032"),  # Navi 23
    (0x7408, 0x740F, "gfx90a"),  # Aldebaran
    (0x7420, 0x743F, "gfx1034"),  # Navi 24
    (0x7448, 0x745E, "gfx1100"),  # Navi 31
    (0x7460, 0x747E, "gfx1101"),  # Navi 32
    (0x7480, 0x749F, "gfx1102"),  # Navi 33
    (0x74A0, 0x74BF, "gfx942"),  # Aqua Vanjaram
    (0x7550, 0x755F, "gfx1201"),  # Navi 48
    (0x7590, 0x759F, "gfx1200"),  # Navi 44
    (0x1586, 0x1586, "gfx1151"),  # Strix Halo
    (0x150E, 0x150E, "gfx1150"),  # Strix Point
    (0x15BF, 0x15BF, "gfx1103"),  # Phoenix
    (0x164F, 0x164F, "gfx1103"),  # Phoenix
    (0x164E, 0x164E, "gfx1036"),  # Raphael
    (0x13C0, 0x13C0, "gfx1036"),  # Granite Ridge
)
_RANGES = {"nvidia": _NVIDIA, "amd": _AMD, "intel": _INTEL}


def architecture(vendor: str, device: str) -> str | None:
    """Return the `arch` of a card by its number, such as 0x1b38; None where it is not known."""
    try:
        number = int(device, 16)
    except ValueError:
        return None
    ranges = _RANGES.get(vendor, ())
    return next((arch for first, last, arch in ranges if first <= number <= last), None)
