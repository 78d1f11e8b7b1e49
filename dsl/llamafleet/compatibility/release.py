"""Upstream's prebuilt archives against a host: cards, glibc, and the distribution's own driver."""

from __future__ import annotations

from .cuda_assets import ASSETS, asset_driver
from .cuda_table import number
from .distributions import distribution
from .problem import Problem
from .toolchain import Toolchain, Version, shown

GLIBC: dict[str, Version] = {"cuda": (2, 39), "hip": (2, 39)}
"""Made on Ubuntu 24.04; the other archives are made on 22.04, or say so themselves."""

OLDEST_GLIBC: Version = (2, 35)
AARCH64_GLIBC: Version = (2, 38)


def release_problems(arches: tuple[str, ...], chain: Toolchain) -> tuple[Problem, ...]:
    """Return why upstream's archive of a backend cannot run on a host."""
    floor = GLIBC.get(chain.backend, OLDEST_GLIBC)
    known = distribution(chain.os)
    glibc = chain.glibc or (known.glibc if known else None)
    if glibc is not None and glibc[:2] < floor:
        message = (
            f"upstream's archives for {chain.backend} need glibc {shown(floor)}, "
            f"and this host has {shown(glibc[:2])}"
        )
        return (Problem("glibc", message, ("remove kind = release to compile the source",)),)
    return _cards(arches, chain) if chain.backend == "cuda" else ()


def _cards(arches: tuple[str, ...], chain: Toolchain) -> tuple[Problem, ...]:
    known = distribution(chain.os)
    driver = chain.driver or (known.driver if known else None)
    for arch in filter(None, map(number, arches)):
        floors = [asset_driver(each, arch) for each in ASSETS]
        able = [each for each in floors if each is not None]
        if not able:
            message = f"no archive of upstream for CUDA has code for sm_{arch}"
            return (Problem("arch", message, ("remove kind = release to compile the source",)),)
        if driver is not None and all(driver[: len(each)] < each for each in able):
            message = (
                f"upstream's archives run on sm_{arch} from driver {shown(min(able))} on, "
                f"and this host has {shown(driver)}"
            )
            ways = (f"install driver {min(able)[0]}", "remove kind = release to compile the source")
            # A distribution's own driver need not be the one that is installed.
            return (Problem("driver", message, ways, certain=chain.driver is not None),)
    return ()
