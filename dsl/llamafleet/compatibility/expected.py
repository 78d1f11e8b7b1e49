"""What is to be expected of a distribution, before anything is known of the host itself."""

from __future__ import annotations

from ..dataclasses import replace
from .cuda import cuda_problems
from .cuda_table import number
from .cuda_ways import newest_release, ways
from .distributions import Distribution, distribution
from .hip import hip_problems
from .problem import Problem
from .toolchain import Toolchain, Version
from .vulkan import vulkan_problems


def expected_problems(
    backend: str, arches: tuple[str, ...], os: str | None, toolkit: Version | None = None
) -> tuple[Problem, ...]:
    """Return why a distribution cannot compile for these cards; empty where it is not known.

    `toolkit` is the CUDA that is to be used, in numbers; None is the distribution's own, or one of
    NVIDIA's where it has none.
    """
    known = distribution(os)
    if known is None:
        return ()
    chain = Toolchain(backend, gcc=known.gcc, glibc=known.glibc, os=os)
    if backend == "hip":
        return hip_problems(arches, chain)
    if backend == "vulkan":
        return vulkan_problems(arches, chain)
    return _cuda(arches, chain, toolkit, known) if backend == "cuda" else ()


def _cuda(
    arches: tuple[str, ...], chain: Toolchain, wanted: Version | None, known: Distribution
) -> tuple[Problem, ...]:
    packaged = known.cuda
    if wanted is not None:
        return cuda_problems(arches, replace(chain, toolkit=wanted, own=wanted == packaged))
    if packaged is not None:
        # NVIDIA's own may have been installed instead.
        found = cuda_problems(arches, replace(chain, toolkit=packaged, own=True))
        return tuple(
            replace(each, message=f"{known.name}'s own {each.message}", certain=False)
            for each in found
        )
    numbers = tuple(each for each in map(number, arches) if each is not None)
    if not numbers or newest_release(numbers, chain) is not None:
        return ()
    message = f"no CUDA of NVIDIA compiles for {' and '.join(arches)} on {known.name}"
    return (Problem("toolkit", message, ways(numbers, chain)),)
