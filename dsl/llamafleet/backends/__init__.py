"""GPU stacks, one file each, data only."""

from .addition import Addition
from .backend import Backend
from .blas import blas
from .common import COMMON_OPTIONS, COMMON_PACKAGES, COMMON_RUNTIME_PACKAGES, native_option
from .cpu import CPU, CPU_ALL_VARIANTS
from .cuda import CUDA
from .hip import HIP
from .rpc import RPC
from .sycl import SYCL
from .vendor import Vendor
from .vulkan import VULKAN

BACKENDS: tuple[Backend, ...] = (CUDA, HIP, VULKAN, SYCL, CPU)

VENDORS: tuple[Vendor, ...] = tuple(
    dict.fromkeys(vendor for stack in BACKENDS for vendor in stack.vendors)
)
"""Every maker of cards that some backend computes on."""


def backend(name: str) -> Backend:
    """Return the backend of that name; the language takes these names and no other."""
    return next(each for each in BACKENDS if each.name == name)


def backend_of_vendor(vendor: str) -> Backend | None:
    """Return the vendor's own stack, for processes that no build of ours tells about."""
    return next((each for each in BACKENDS if each.computes_on(vendor)), None)


__all__ = [
    "BACKENDS",
    "COMMON_OPTIONS",
    "COMMON_PACKAGES",
    "COMMON_RUNTIME_PACKAGES",
    "CPU_ALL_VARIANTS",
    "RPC",
    "VENDORS",
    "Addition",
    "Backend",
    "Vendor",
    "backend",
    "backend_of_vendor",
    "blas",
    "native_option",
]
