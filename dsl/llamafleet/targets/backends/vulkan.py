"""Any card with a Vulkan 1.2 driver."""

from .backend import Backend

VULKAN = Backend(
    name="vulkan",
    vendors=("amd", "intel", "nvidia"),
    cmake=("-DGGML_VULKAN=ON",),
    packages=("libvulkan-dev", "glslc", "spirv-headers"),
    runtime_packages=("libvulkan1", "mesa-vulkan-drivers"),
    visible_devices="GGML_VK_VISIBLE_DEVICES",
    device_nodes=("/dev/dri/renderD128",),
    groups=("render", "video"),
    device="Vulkan",
)
