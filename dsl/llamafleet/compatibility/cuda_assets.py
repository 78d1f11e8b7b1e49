"""Upstream's prebuilt archives for CUDA: which cards they have machine code for, and which PTX.

Architectures are the default list of `ggml-cuda/CMakeLists.txt` of b11434. PTX is compiled by the
driver, which must know the CUDA that made it: a GTX 1080 Ti on driver 535 refuses the archive for
12.8 and takes it on 580 (canonical/inference-snaps' issue 255).
"""

from __future__ import annotations

from ..dataclasses import dataclass
from .cuda_table import machine_code_driver
from .toolchain import Version


@dataclass(frozen=True, slots=True)
class Asset:
    """One archive: the CUDA that it was made with, its architectures, and the oldest glibc."""

    cuda: Version
    machine_code: tuple[int, ...]
    ptx: tuple[int, ...]
    glibc: Version


ASSETS: tuple[Asset, ...] = (
    Asset((12, 8), (86, 89, 120), (50, 61, 70, 75, 80, 90), (2, 39)),
    Asset((13, 4), (86, 89, 120, 121), (75, 80, 90), (2, 39)),
)

KNOWS: dict[Version, Version] = {
    (12, 0): (525, 60), (12, 1): (530, 30), (12, 2): (535, 54), (12, 3): (545, 23),
    (12, 4): (550, 54), (12, 5): (555, 42), (12, 6): (560, 28), (12, 8): (570, 26),
    (12, 9): (575, 51), (13, 0): (580, 65), (13, 1): (590, 44),
}  # fmt: skip
"""The first driver that knows a CUDA: NVIDIA's release notes, table of toolkit drivers."""


def asset_driver(asset: Asset, arch: int) -> Version | None:
    """Return the oldest driver on which an archive runs on a card.

    None where it does not, or where the driver that knows its CUDA is not in the table.
    """
    if arch in asset.machine_code:
        return machine_code_driver(asset.cuda, arch)
    # PTX of an older architecture can be compiled for a newer one.
    if any(each <= arch for each in asset.ptx):
        return KNOWS.get(asset.cuda)
    return None


def asset_runs(asset: Asset, arch: int, driver: Version, api: Version | None = None) -> bool | None:
    """Return True if an archive runs on a card with a driver; None where nobody can tell.

    `api` is the newest CUDA that the driver says it knows.
    """
    if arch in asset.machine_code:
        floor = machine_code_driver(asset.cuda, arch)
        return floor is None or driver >= floor
    if not any(each <= arch for each in asset.ptx):
        return False
    if api is not None:
        return api[:2] >= asset.cuda
    floor = KNOWS.get(asset.cuda)
    return None if floor is None else driver >= floor
