"""ROCm's HIP against a host: its version, and the cards that it still has libraries for.

TheRock's SUPPORTED_GPUS.md of 22 August 2026; ROCm's legacy build issue 4625 for gfx906; the floor
of `ggml-hip/CMakeLists.txt` of b11434.
"""

from __future__ import annotations

from collections.abc import Iterator

from .distributions import distribution
from .problem import Problem
from .toolchain import Toolchain, Version, shown

FLOOR: Version = (6, 1)
"""CMake stops below it."""

LAST_WITH_KERNELS: dict[str, Version] = {"gfx906": (6, 3), "gfx900": (6, 3), "gfx90c": (6, 3)}
"""The last ROCm of AMD whose rocBLAS has kernels for a card that newer ones left out."""

THEROCK: Version = (7, 14)
"""The first ROCm that TheRock makes."""

THEROCK_TESTED = frozenset(
    {
        *("gfx942", "gfx1010", "gfx1011", "gfx1012", "gfx1030", "gfx1031", "gfx1032", "gfx1033"),
        *("gfx1034", "gfx1035", "gfx1036", "gfx1100", "gfx1101", "gfx1102", "gfx1103", "gfx1150"),
        *("gfx1151", "gfx1152", "gfx1200", "gfx1201"),
    }
)
"""Released and tested by AMD."""

THEROCK_BUILT = frozenset({"gfx950", "gfx90a", "gfx908", "gfx1153"})
"""Released, but not tested by AMD."""


def hip_problems(arches: tuple[str, ...], chain: Toolchain) -> tuple[Problem, ...]:
    """Return why these architectures cannot be compiled or run with a host's ROCm."""
    if chain.toolkit is None:
        return tuple(_distribution(chain))
    return (*_floor(chain), *_kernels(arches, chain))


def _distribution(chain: Toolchain) -> Iterator[Problem]:
    """Judge what the distribution would install, where no ROCm is known."""
    known = distribution(chain.os)
    if known is not None and known.hip is not None and known.hip < FLOOR:
        message = f"HIP of {known.name} is {shown(known.hip)}, and llama.cpp needs {shown(FLOOR)}"
        yield Problem("toolkit", message, _newer(), certain=False)


def _floor(chain: Toolchain) -> Iterator[Problem]:
    if chain.toolkit is not None and chain.toolkit < FLOOR:
        message = f"llama.cpp needs HIP {shown(FLOOR)} or newer, and this is {shown(chain.toolkit)}"
        yield Problem("toolkit", message, _newer())


def _newer() -> tuple[str, ...]:
    return ("install ROCm from AMD's repository", "set backend = vulkan")


def _kernels(arches: tuple[str, ...], chain: Toolchain) -> Iterator[Problem]:
    # Distributions compile rocBLAS themselves, for cards of their own choice.
    if chain.own is not False or chain.toolkit is None:
        return
    for arch in arches:
        last = LAST_WITH_KERNELS.get(arch)
        rocm = f"AMD's ROCm {shown(chain.toolkit[:2])}"
        if last is not None and chain.toolkit[:2] > last:
            # Whoever put kernels of another build beside them makes it work.
            message = f"{rocm} has no rocBLAS kernels for {arch}"
            older = f"use ROCm {shown(last)} or older"
            yield Problem("arch", message, ("set backend = vulkan", older), certain=False)
        elif chain.toolkit >= THEROCK and arch not in THEROCK_TESTED | THEROCK_BUILT:
            message = f"{rocm} is not released for {arch}"
            yield Problem("arch", message, ("set backend = vulkan",), certain=False)
