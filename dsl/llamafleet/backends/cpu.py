"""No GPU at all, and the processor's part of every other build."""

from .addition import Addition
from .backend import Backend

CPU = Backend(name="cpu", vendors=())

CPU_ALL_VARIANTS = Addition(
    name="cpu-all-variants",
    # Each variant is a plugin, and the best that the processor can run is loaded at the start.
    cmake=("-DGGML_BACKEND_DL=ON", "-DGGML_CPU_ALL_VARIANTS=ON"),
    off=("-DGGML_BACKEND_DL=OFF", "-DGGML_CPU_ALL_VARIANTS=OFF"),
)
