"""Any card with a Vulkan 1.2 driver."""

from .backend import Backend
from .driver import Driver
from .vendor import AMD, INTEL, NVIDIA

VULKAN = Backend(
    name="vulkan",
    vendors=(AMD, INTEL, NVIDIA),
    cmake=("-DGGML_VULKAN=ON",),
    packages=("libvulkan-dev", "glslc", "spirv-headers"),
    runtime_packages=("libvulkan1", "mesa-vulkan-drivers"),
    visible_devices="GGML_VK_VISIBLE_DEVICES",
    groups=("render", "video"),
    device="Vulkan",
    toolkit="glslc",
    toolkit_version="glslc --version | head -n 1 | cut -d' ' -f2",
    # Its shaders end up in one file.
    job_memory=2_000_000,
    driver=Driver(100, 50, 150, "an instance, pipelines and staging: seen with Mesa's"),
)
