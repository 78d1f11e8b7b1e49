"""Ways to compile for a card of NVIDIA on a host where one way is closed."""

from __future__ import annotations

from collections.abc import Iterator

from ..backends.cuda_host_compiler import newest_gcc
from .cuda_assets import ASSETS, asset_driver
from .cuda_table import RELEASES, builds_for, machine_code_driver, stopped_by_glibc
from .distributions import DISTRIBUTIONS, Distribution, distribution
from .toolchain import Toolchain, Version, shown

BUILDERS = ("debian-12", "ubuntu-24.04")
"""Distributions to compile on where the host's own cannot: old enough for what is old."""


def ways(arches: tuple[int, ...], chain: Toolchain) -> tuple[str, ...]:
    """Return the ways that this host has, the nearest first; Vulkan is always one."""
    return (
        *_own_package(arches, chain),
        *_other_release(arches, chain),
        *_builder(arches, chain),
        "set backend = vulkan",
        *_asset(arches, chain),
    )


def any_gcc(chain: Toolchain) -> tuple[int, ...]:
    """Return every g++ that a host has, or that can be installed beside it."""
    known = distribution(chain.os)
    return tuple(dict.fromkeys((*chain.gcc, *(known.gcc if known else ()))))


def _own_package(arches: tuple[int, ...], chain: Toolchain) -> Iterator[str]:
    known = distribution(chain.os)
    if known is None or known.cuda is None or (chain.own and chain.toolkit == known.cuda):
        return
    gcc = _gcc_for(known.cuda, known.gcc)
    if (
        gcc
        and all(builds_for(known.cuda, each) for each in arches)
        and _drives(known.cuda, arches, chain)
    ):
        beside = "" if gcc == known.gcc[0] else f" with g++-{gcc}"
        yield f"use {known.cuda_from} {shown(known.cuda)}{beside}"


def _other_release(arches: tuple[int, ...], chain: Toolchain) -> Iterator[str]:
    found = newest_release(arches, chain)
    if found is not None and found != (chain.toolkit or ())[:2]:
        gcc = _gcc_for(found, any_gcc(chain))
        usual = (chain.gcc or any_gcc(chain))[:1]
        beside = f" with g++-{gcc}" if gcc and (gcc,) != usual else ""
        yield f"use NVIDIA's CUDA {shown(found)}{beside}"


def newest_release(arches: tuple[int, ...], chain: Toolchain) -> Version | None:
    """Return NVIDIA's newest CUDA that compiles for all cards on a host and runs on its driver."""
    known = distribution(chain.os)
    glibc = chain.glibc or (known.glibc if known else None)
    for cuda in reversed(RELEASES):
        if (
            all(builds_for(cuda, each) for each in arches)
            and not (glibc and stopped_by_glibc(cuda, glibc, own=False))
            and (not any_gcc(chain) or _gcc_for(cuda, any_gcc(chain)))
            and _drives(cuda, arches, chain)
        ):
            return cuda
    return None


def _gcc_for(cuda: Version, available: tuple[int, ...]) -> int | None:
    newest = newest_gcc(cuda)
    return next((each for each in available if newest is not None and each <= newest), None)


def _drives(cuda: Version, arches: tuple[int, ...], chain: Toolchain) -> bool:
    if chain.driver is None:
        return True
    floors = (machine_code_driver(cuda, each) for each in arches)
    return all(floor is None or chain.driver >= floor for floor in floors)


def _builder(arches: tuple[int, ...], chain: Toolchain) -> Iterator[str]:
    if newest_release(arches, chain) is not None:
        return
    able = [each.name for each in DISTRIBUTIONS if each.os in BUILDERS and _compiles(arches, each)]
    if able:
        yield f"compile on a builder with {' or '.join(able)}"


def _compiles(arches: tuple[int, ...], on: Distribution) -> bool:
    there = Toolchain("cuda", gcc=on.gcc, glibc=on.glibc, os=on.os)
    return newest_release(arches, there) is not None


def _asset(arches: tuple[int, ...], chain: Toolchain) -> Iterator[str]:
    for asset in ASSETS:
        floors = [asset_driver(asset, each) for each in arches]
        if floors and all(floors) and (chain.glibc is None or chain.glibc[:2] >= asset.glibc):
            floor = max(each for each in floors if each)
            if chain.driver is None or chain.driver < floor:
                name = f"kind = release, whose archive for CUDA {shown(asset.cuda)} runs"
                yield f"set {name} with driver {shown(floor)} or newer"
            return
