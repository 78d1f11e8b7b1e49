"""CUDA's architectures, drivers and faults, as tables.

Architectures: the columns of spack-packages' `build_systems/cuda.py` (1d335f8), and `nvcc --help`
of 13.5. Drivers: NVIDIA's CUDA compatibility guide, table of minor version compatibility, and the
toolkits' release notes. glibc: llama.cpp's issue 17615. The host compilers are in
`backends/cuda_host_compiler.py`.
"""

from __future__ import annotations

import re

from .toolchain import Version

RELEASES: tuple[Version, ...] = (
    (11, 8), (12, 0), (12, 1), (12, 2), (12, 3), (12, 4), (12, 5), (12, 6), (12, 8), (12, 9),
    (13, 0), (13, 1), (13, 2), (13, 3), (13, 4), (13, 5),
)  # fmt: skip
"""Every CUDA that can be suggested."""

FIRST: dict[int, Version] = {
    75: (10, 0), 80: (11, 0), 86: (11, 1), 87: (11, 4), 89: (11, 8), 90: (11, 8), 100: (12, 8),
    101: (12, 8), 103: (12, 9), 110: (13, 0), 120: (12, 8), 121: (12, 9),
}  # fmt: skip
"""The first CUDA that builds for an architecture; older ones than these have it in all."""

LAST: dict[int, Version] = {
    **dict.fromkeys((30, 32), (10, 2)),
    **dict.fromkeys((35, 37), (11, 8)),
    **dict.fromkeys((50, 52, 53, 60, 61, 62, 70, 72), (12, 9)),
    101: (12, 9),  # 13 calls it 110
}
"""The last CUDA that builds for an architecture; those without one are in the newest."""

MACHINE_CODE_DRIVER: dict[int, Version] = {11: (450, 80), 12: (525, 60), 13: (580, 65)}
"""By the major version of CUDA, the oldest driver that runs machine code of it."""

BLACKWELL = 100
BLACKWELL_DRIVER: Version = (570,)
PASCAL_VOLTA_DRIVER = 580
"""The last driver branch for what is older than Turing."""
TURING = 75

GLIBC: tuple[tuple[Version, Version, Version, bool], ...] = (
    ((0,), (12, 9), (2, 41), True),
    ((13, 0), (13, 1), (2, 42), False),
)
"""CUDA from and to, the glibc from which on it does not compile, and whether only NVIDIA's own:
Debian has mended its packages (tried: 12.4 with glibc 2.41)."""

MISCOMPILES_IQ: Version = (13, 2)
"""Its IQ quants are gibberish: unsloth's issue 4849; mended in 13.3."""


def number(arch: str) -> int | None:
    """Return 61 of sm_61 or 61-real; None where it is no architecture of CUDA."""
    found = re.fullmatch(r"(?:sm_)?(\d{2,3})[af]?(?:-real|-virtual)?", arch)
    return int(found[1]) if found else None


def builds_for(cuda: Version, arch: int) -> bool:
    """Return True if a CUDA compiles for an architecture; a major version alone may."""
    last, first = LAST.get(arch), FIRST.get(arch)
    if len(cuda) == 1:
        return (last is None or cuda[0] <= last[0]) and (first is None or cuda[0] >= first[0])
    return (last is None or cuda[:2] <= last) and (first is None or cuda[:2] >= first)


def stopped_by_glibc(cuda: Version, glibc: Version, own: bool | None) -> bool:
    """Return True if a CUDA does not compile with a glibc; `own` is the distribution's package."""
    return any(
        first <= cuda[:2] <= last and glibc[:2] >= from_glibc and not (own and only_vendors)
        for first, last, from_glibc, only_vendors in GLIBC
    )


def machine_code_driver(cuda: Version, arch: int) -> Version | None:
    """Return the oldest driver that runs machine code of a CUDA on an architecture."""
    floor = MACHINE_CODE_DRIVER.get(cuda[0])
    if arch >= BLACKWELL and floor is not None:
        return max(floor, BLACKWELL_DRIVER)
    return floor
