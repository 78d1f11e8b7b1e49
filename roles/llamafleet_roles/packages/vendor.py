"""Toolkits that may come from their vendor instead of the distribution, as data.

Where a vendor's is there, the distribution's is not installed beside it: the two would be mixed.
Where neither can be had, its commands are said.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VendorToolkit:
    """A toolkit: `packages` by Debian's names, `present` shell that succeeds where it is there.

    `ways` are commands for a family of distributions, by its name.
    """

    packages: tuple[str, ...]
    present: str
    ways: tuple[tuple[str, str], ...]


_NON_FREE = "sed -i 's/^Components: main$/Components: main contrib non-free/' "

TOOLKITS: tuple[VendorToolkit, ...] = (
    VendorToolkit(
        packages=("nvidia-cuda-toolkit",),
        present=(
            "command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ] ||"
            " [ -x /opt/cuda/bin/nvcc ]"
        ),
        ways=(
            (
                "debian",
                f"Debian has CUDA 12.4 in non-free: {_NON_FREE}"
                "/etc/apt/sources.list.d/debian.sources && apt-get update."
                " NVIDIA's repository has others: install its cuda-keyring"
                " package (docs.nvidia.com/cuda/cuda-installation-guide-linux), then apt-get update"
                " && apt-get install cuda-toolkit-12-9, or cuda-toolkit for the newest",
            ),
            (
                "fedora",
                "add NVIDIA's repository with dnf config-manager addrepo --from-repofile=URL"
                " (docs.nvidia.com/cuda/cuda-installation-guide-linux has the URL), then"
                " dnf install cuda-toolkit",
            ),
            ("arch", "pacman -Syu cuda"),
        ),
    ),
    VendorToolkit(
        packages=("hipcc", "libhipblas-dev", "librocblas-dev"),
        present="[ -x /opt/rocm/bin/hipconfig ]",
        ways=(
            (
                "debian",
                "this release has no ROCm that llama.cpp takes: add AMD's repository"
                " (rocm.docs.amd.com, Install AMD ROCm), then apt-get install amdrocm-core-sdk",
            ),
            ("fedora", "dnf install hipcc rocm-hip-devel hipblas-devel rocblas-devel"),
            ("arch", "pacman -Syu hip-runtime-amd rocm-llvm hipblas rocblas"),
        ),
    ),
    VendorToolkit(
        packages=("intel-oneapi-base-toolkit",),
        present="[ -r /opt/intel/oneapi/setvars.sh ]",
        ways=(
            (
                "debian",
                "add Intel's oneAPI repository (intel.com, oneAPI installation guide for Linux),"
                " then apt-get install intel-oneapi-base-toolkit",
            ),
            (
                "fedora",
                "add Intel's oneAPI repository (intel.com, oneAPI installation guide for Linux),"
                " then dnf install intel-oneapi-base-toolkit",
            ),
            ("arch", "pacman -Syu intel-oneapi-basekit"),
        ),
    ),
)
