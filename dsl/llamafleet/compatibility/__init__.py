"""Which compilers, drivers and libraries a card's backend goes with, said before compiling.

Pure tables with their sources, and what can be said from them of a host.
"""

from .cuda import cuda_problems
from .distributions import DISTRIBUTIONS, Distribution, distribution
from .expected import expected_problems
from .hip import hip_problems
from .problem import Problem
from .release import release_problems
from .toolchain import Toolchain
from .vulkan import vulkan_problems

__all__ = [
    "DISTRIBUTIONS",
    "Distribution",
    "Problem",
    "Toolchain",
    "cuda_problems",
    "distribution",
    "expected_problems",
    "hip_problems",
    "problems",
    "release_problems",
    "vulkan_problems",
]

_CHECKS = {"cuda": cuda_problems, "hip": hip_problems, "vulkan": vulkan_problems}


def problems(arches: tuple[str, ...], chain: Toolchain) -> tuple[Problem, ...]:
    """Return why a build for these architectures cannot work with a host's tools, most basic first.

    What is not known of the host is not judged; backends without a table have no problems.
    """
    check = _CHECKS.get(chain.backend)
    return check(arches, chain) if check else ()
