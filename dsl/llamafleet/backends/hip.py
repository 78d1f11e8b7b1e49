"""AMD cards through ROCm's HIP."""

from .backend import Backend
from .driver import Driver
from .vendor import AMD

HIP = Backend(
    name="hip",
    vendors=(AMD,),
    cmake=(
        "-DGGML_HIP=ON",
        "-DGGML_HIP_RCCL=OFF",
        "-DGGML_HIP_GRAPHS=ON",
        "-DGGML_HIP_NO_VMM=ON",
    ),
    architectures="GPU_TARGETS",
    arch_prefix="gfx",
    architecture="gfx{arch}",
    packages=("hipcc", "libhipblas-dev", "librocblas-dev"),
    # For the libraries, whose own packages are named by version: another in each distribution.
    runtime_packages=("libhipblas-dev", "librocblas-dev"),
    prepare='export PATH="$PATH:/opt/rocm/bin"\n'
    'export HIPCXX="$(hipconfig -l)/clang" HIP_PATH="$(hipconfig -R)"',
    visible_devices="HIP_VISIBLE_DEVICES",
    # HIP's own takes indices only (ROCm documentation, GPU isolation techniques).
    visible_uuids="ROCR_VISIBLE_DEVICES",
    groups=("render", "video"),
    device="ROCm",
    arch_pattern=r"gfx[0-9a-f]{3,4}",
    arch_example="gfx1100",
    toolkit="hip",
    toolkit_version="PATH=$PATH:/opt/rocm/bin hipconfig --version | cut -d- -f1",
    driver=Driver(325, 250, 400, "not measured: taken to be as with CUDA"),
    contexts=True,
)
