"""Every source of facts about a machine, one tool or folder of the kernel a file."""

from ..source import Source
from .kfd import KFD
from .lspci import LSPCI
from .nvidia_smi import NVIDIA_DRIVER, NVIDIA_SMI
from .pci import CHIPS, PCI
from .rocminfo import ROCMINFO
from .serving import CONTAINERS, LISTENERS, UNITS
from .system import DISKS, SYSTEM
from .toolkits import TOOLKITS
from .vendors import KERNEL
from .vulkaninfo import VULKANINFO
from .xpu_smi import XPU_SMI

SOURCES: tuple[Source, ...] = (
    # The bus comes first, for others look cards up there; then who knows best. Names of Vulkan and
    # of lspci fill gaps, and what a chip's number stands for is the last word.
    PCI,
    NVIDIA_DRIVER,
    NVIDIA_SMI,
    KFD,
    ROCMINFO,
    XPU_SMI,
    KERNEL,
    VULKANINFO,
    LSPCI,
    CHIPS,
    SYSTEM,
    DISKS,
    TOOLKITS,
    UNITS,
    CONTAINERS,
    LISTENERS,
)

__all__ = ["SOURCES"]
