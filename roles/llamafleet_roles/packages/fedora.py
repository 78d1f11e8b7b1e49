"""Fedora, and what takes its packages.

Names: packages.fedoraproject.org for Fedora 43 to 45 (rocm-hip and hipcc of rocclr and
rocm-compilersupport, oneapi-level-zero, vulkan-loader, glslc), and Fedora's llama-cpp.spec for what
HIP is compiled with. CUDA and oneAPI come from their vendors' repositories.
"""

from llamafleet_roles.packages.family import DistroFamily

FEDORA = DistroFamily(
    name="fedora",
    command="dnf",
    installed='rpm -q --whatprovides "$package" >/dev/null 2>&1',
    install="dnf -q -y install --setopt=install_weak_deps=False",
    version="""rpm -q --qf '%{VERSION}-%{RELEASE}' "$1" ||
        dnf -q -C repoquery --latest-limit 1 --qf '%{version}-%{release}' "$1" """,
    names=(
        ("build-essential", "gcc-c++ make"),
        ("g++", "gcc-c++"),
        ("libgomp1", "libgomp"),
        ("libstdc++6", "libstdc++"),
        ("libopenblas-dev", "openblas-devel"),
        ("libopenblas0", "openblas"),
        ("pkg-config", "pkgconf-pkg-config"),
        ("python3-venv", "python3"),
        ("libvulkan-dev", "vulkan-loader-devel vulkan-headers"),
        ("spirv-headers", "spirv-headers-devel"),
        ("libvulkan1", "vulkan-loader"),
        ("hipcc", "hipcc rocm-hip-devel"),
        ("libhipblas-dev", "hipblas-devel"),
        ("librocblas-dev", "rocblas-devel"),
        ("nvidia-cuda-toolkit", "cuda-toolkit"),
        ("level-zero-dev", "oneapi-level-zero-devel"),
        ("libze1", "oneapi-level-zero"),
        ("libze-intel-gpu1", "intel-level-zero"),
        ("intel-opencl-icd", "intel-opencl"),
    ),
)
