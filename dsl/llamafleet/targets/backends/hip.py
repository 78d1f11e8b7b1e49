"""AMD cards through ROCm's HIP."""

from .backend import Backend

HIP = Backend(
    name="hip",
    vendors=("amd",),
    cmake=("-DGGML_HIP=ON", "-DGGML_HIP_RCCL=OFF"),
    architectures="GPU_TARGETS",
    arch_prefix="gfx",
    architecture="gfx{arch}",
    # From AMD's repository: Debian's own ROCm is too old for llama.cpp.
    packages=("hip-dev", "hipblas-dev", "rocblas-dev"),
    runtime_packages=("hip-runtime-amd", "hipblas", "rocblas"),
    prepare='export HIPCXX="$(hipconfig -l)/clang" HIP_PATH="$(hipconfig -R)"',
    visible_devices="HIP_VISIBLE_DEVICES",
    device_nodes=("/dev/kfd", "/dev/dri/renderD128"),
    groups=("render", "video"),
    device="ROCm",
)
