"""BLAS for prompt processing on the CPU, beside a build's own backend."""

from __future__ import annotations

from .addition import Addition

# Names of CMake's FindBLAS; what is not here is given to it as it was written.
VENDORS = {"openblas": "OpenBLAS", "mkl": "Intel10_64lp", "blis": "FLAME", "aocl": "AOCL_mt"}
PACKAGES = {"openblas": (("libopenblas-dev", "pkg-config"), ("libopenblas0",))}
"""For compiling and for running; of other libraries the host has to take care."""

NO_BLAS = Addition(name="blas", cmake=(), off=("-DGGML_BLAS=OFF",))


def blas(library: str | None) -> Addition:
    """Return what a build with this BLAS library needs; None is a build without one."""
    if library is None:
        return NO_BLAS
    packages, runtime_packages = PACKAGES.get(library, ((), ()))
    return Addition(
        name=library,
        cmake=("-DGGML_BLAS=ON", f"-DGGML_BLAS_VENDOR={VENDORS.get(library, library)}"),
        off=NO_BLAS.off,
        packages=packages,
        runtime_packages=runtime_packages,
    )
