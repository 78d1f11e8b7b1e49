"""Distributions: their compilers, and the toolkits that come with them.

Debian's are from its indices of 27 November 2026 and, for bookworm, of its archive; Ubuntu's and
Fedora's from ROCm's discussion 6225, llama.cpp's issue 17615 and the distributions' package pages.
What was not looked up is left empty, and nothing is concluded from it.
"""

from __future__ import annotations

from ..dataclasses import dataclass
from .toolchain import Version


@dataclass(frozen=True, slots=True)
class Distribution:
    """One release of a distribution, by `ID-VERSION_ID` of its /etc/os-release.

    `gcc` is the usual g++ first, then the others that can be installed beside it. `cuda` and `hip`
    are the versions of its own packages, `driver` that of its own NVIDIA driver. `cuda_from` says
    where its CUDA comes from. `vulkan_headers` is their version.
    """

    os: str
    name: str
    gcc: tuple[int, ...]
    glibc: Version
    cuda: Version | None = None
    cuda_from: str = ""
    hip: Version | None = None
    driver: Version | None = None
    vulkan_headers: Version | None = None


_DEBIAN_CUDA = "Debian's nvidia-cuda-toolkit (non-free)"

DISTRIBUTIONS: tuple[Distribution, ...] = (
    Distribution(
        "debian-12", "Debian 12", (12, 11), (2, 36), hip=(5, 2), vulkan_headers=(1, 3, 239)
    ),
    Distribution(
        "debian-13",
        "Debian 13",
        (14, 13, 12),
        (2, 41),
        cuda=(12, 4),
        cuda_from=_DEBIAN_CUDA,
        hip=(5, 7),
        driver=(550,),
        vulkan_headers=(1, 4, 309),
    ),
    Distribution(
        "debian-14",
        "Debian 14",
        (16, 15, 14, 13, 12),
        (2, 43),
        hip=(7, 0),
        driver=(550,),
        vulkan_headers=(1, 4, 363),
    ),
    Distribution("ubuntu-22.04", "Ubuntu 22.04", (11, 12), (2, 35), vulkan_headers=(1, 3, 204)),
    Distribution(
        "ubuntu-24.04",
        "Ubuntu 24.04",
        (13, 14, 12, 11),
        (2, 39),
        cuda=(12, 0),
        cuda_from="Ubuntu's nvidia-cuda-toolkit (multiverse)",
        hip=(5, 7),
        vulkan_headers=(1, 3, 275),
    ),
    Distribution("ubuntu-25.10", "Ubuntu 25.10", (15, 14, 13), (2, 42)),
    Distribution("ubuntu-26.04", "Ubuntu 26.04", (15, 14, 13), (2, 42), hip=(7, 0)),
    Distribution("fedora-42", "Fedora 42", (15,), (2, 41), hip=(6, 3)),
    Distribution("fedora-43", "Fedora 43", (15,), (2, 42), hip=(6, 4)),
    Distribution("fedora-44", "Fedora 44", (16,), (2, 42), hip=(7, 1)),
)


def distribution(os: str | None) -> Distribution | None:
    """Return the distribution with this `ID-VERSION_ID`; None where it is not in the table."""
    return next((each for each in DISTRIBUTIONS if each.os == os), None)
