"""NVIDIA cards through CUDA."""

from .backend import Backend

CUDA = Backend(
    name="cuda",
    vendors=("nvidia",),
    # NCCL is picked up when it happens to be installed: off, so that every host links the same.
    cmake=("-DGGML_CUDA=ON", "-DGGML_CUDA_NCCL=OFF"),
    architectures="CMAKE_CUDA_ARCHITECTURES",
    arch_prefix="sm_",
    architecture="{arch}-real",
    packages=("nvidia-cuda-toolkit",),
    # For cudart and cublas, whose own packages are named by version.
    runtime_packages=("nvidia-cuda-toolkit",),
    visible_devices="CUDA_VISIBLE_DEVICES",
    # CUDA's default order is fastest first: an index must mean the same card as in nvidia-smi.
    environment=(("CUDA_DEVICE_ORDER", "PCI_BUS_ID"),),
    device_nodes=("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"),
    # CUDA would load nvidia-uvm through this setuid program, which a hardened unit cannot run.
    before_start=("/usr/bin/nvidia-modprobe", "-c=0", "-u"),
    device="CUDA",
)
