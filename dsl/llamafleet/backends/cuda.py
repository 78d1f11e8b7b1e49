"""NVIDIA cards through CUDA."""

from .backend import Backend
from .cuda_host_compiler import PREPARE, VERSION
from .driver import Driver
from .vendor import NVIDIA

CUDA = Backend(
    name="cuda",
    vendors=(NVIDIA,),
    # NCCL is picked up when it happens to be installed: off, so that every host links the same.
    cmake=("-DGGML_CUDA=ON", "-DGGML_CUDA_NCCL=OFF"),
    architectures="CMAKE_CUDA_ARCHITECTURES",
    arch_prefix="sm_",
    architecture="{arch}-real",
    packages=("nvidia-cuda-toolkit",),
    # For cudart and cublas, whose own packages are named by version.
    runtime_packages=("nvidia-cuda-toolkit",),
    # CMake takes the C++ compiler for CUDA from CUDAHOSTCXX, as from CMAKE_CUDA_HOST_COMPILER.
    prepare=PREPARE,
    visible_devices="CUDA_VISIBLE_DEVICES",
    visible_uuids="CUDA_VISIBLE_DEVICES",
    # CUDA's default order is fastest first: an index must mean the same card as in nvidia-smi.
    environment=(("CUDA_DEVICE_ORDER", "PCI_BUS_ID"),),
    # CUDA would load nvidia-uvm through this setuid program, which a hardened unit cannot run.
    before_start=("/usr/bin/nvidia-modprobe", "-c=0", "-u"),
    device="CUDA",
    arch_pattern=r"sm_\d{2,3}[a-z]?",
    arch_example="sm_86",
    toolkit="nvcc",
    toolkit_version=VERSION,
    job_memory=1_000_000,
    # The context alone took 107 MiB on a card with few cores, 555 MiB on one with very many.
    driver=Driver(
        325,
        250,
        400,
        "a context, kernels and cuBLAS: ggml-org/llama.cpp pull requests 15860 and 23604",
    ),
    contexts=True,
)
