"""Any card with a Vulkan 1.2 driver."""

from .backend import Backend
from .driver import Driver
from .vendor import AMD, INTEL, NVIDIA

# Looks every card up by its address on the bus, or by its UUID with NVIDIA's driver, in the order
# in which the loader lists devices, which is what the variable counts by. One that is missing ends
# the start: llama-server would take other cards then. No "${": llama-swap reads that as a macro.
FINDER = r"""found=$(vulkaninfo 2>/dev/null | awk -v wanted="$LLAMAFLEET_GPUS" '
/^GPU[0-9]+:/ { gpu = substr($1, 4) + 0 }
$1 == "pciDomain" { domain = $3 }
$1 == "pciBus" { bus = $3 }
$1 == "pciDevice" { device = $3 }
$1 == "pciFunction" { at[sprintf("%04x:%02x:%02x.%x", domain, bus, device, $3)] = gpu }
$1 == "deviceUUID" { at["GPU-" $3] = gpu }
END {
  count = split(wanted, names, ",");
  for (i = 1; i <= count; i++) {
    if (!(names[i] in at)) {
      print "llamafleet: Vulkan shows no GPU " names[i] ": see vulkaninfo" > "/dev/stderr";
      exit 1;
    }
    list = list (i > 1 ? "," : "") at[names[i]];
  }
  print list
}') && export GGML_VK_VISIBLE_DEVICES="$found" && exec "$0" "$@"
"""

VULKAN = Backend(
    name="vulkan",
    vendors=(AMD, INTEL, NVIDIA),
    cmake=("-DGGML_VULKAN=ON",),
    packages=("libvulkan-dev", "glslc", "spirv-headers"),
    runtime_packages=("libvulkan1", "mesa-vulkan-drivers"),
    visible_devices="GGML_VK_VISIBLE_DEVICES",
    finder=("/bin/sh", "-c", " ".join(FINDER.split())),
    finder_packages=("vulkan-tools",),
    groups=("render", "video"),
    device="Vulkan",
    toolkit="glslc",
    toolkit_version="glslc --version | head -n 1 | cut -d' ' -f2",
    # Its shaders end up in one file.
    job_memory=2_000_000,
    driver=Driver(100, 50, 150, "an instance, pipelines and staging: seen with Mesa's"),
)
