"""Arch Linux, and what takes its packages.

Names: archlinux.org's package pages; `hip-runtime-amd`, `rocblas`, `hipblas` and `rocm-llvm` as
Arch's own llama.cpp packages of October 2026 ask for them. Nothing is upgraded: a package alone is
never newer than what it stands on, and only its owner upgrades a machine as a whole.
"""

from llamafleet_roles.packages.family import DistroFamily

ARCH = DistroFamily(
    name="arch",
    command="pacman",
    installed='pacman -Qq -- "$package" >/dev/null 2>&1 || pacman -Qqg "$package" >/dev/null 2>&1',
    install="pacman -S --noconfirm --needed --noprogressbar",
    version="""pacman -Q -- "$1" | cut -d' ' -f2 | grep . ||
        pacman -Si -- "$1" | sed -n 's/^Version *: //p'""",
    names=(
        ("build-essential", "base-devel"),
        ("g++", "gcc"),
        ("ninja-build", "ninja"),
        ("libgomp1", "gcc-libs"),
        ("libstdc++6", "gcc-libs"),
        ("libopenblas-dev", "openblas"),
        ("libopenblas0", "openblas"),
        ("pkg-config", "pkgconf"),
        ("python3", "python"),
        ("python3-venv", "python"),
        ("libvulkan-dev", "vulkan-headers vulkan-icd-loader"),
        ("glslc", "shaderc"),
        ("libvulkan1", "vulkan-icd-loader"),
        ("mesa-vulkan-drivers", "vulkan-radeon vulkan-intel"),
        ("hipcc", "hip-runtime-amd rocm-llvm"),
        ("libhipblas-dev", "hipblas"),
        ("librocblas-dev", "rocblas"),
        ("nvidia-cuda-toolkit", "cuda"),
        ("intel-oneapi-base-toolkit", "intel-oneapi-basekit"),
        ("level-zero-dev", "level-zero-headers level-zero-loader"),
        ("libze1", "level-zero-loader"),
        ("libze-intel-gpu1", "intel-compute-runtime"),
        ("intel-opencl-icd", "intel-compute-runtime"),
    ),
)
