"""CMake options that every build of llama.cpp gets, whatever its backend.

Names and defaults are those of b11434. CMake looks for ccache, OpenSSL, OpenMP, git and the web
interface by itself, and a build would differ from host to host: each is switched off or required.
"""

from __future__ import annotations

COMMON_PACKAGES = ("build-essential", "ca-certificates", "cmake", "ninja-build")
COMMON_RUNTIME_PACKAGES = ("libgomp1", "libstdc++6")

COMMON_OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    # The files can be copied into any directory together: they look for each other beside them.
    "-DCMAKE_INSTALL_RPATH=$ORIGIN",
    "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON",
    "-DBUILD_SHARED_LIBS=ON",
    "-DGGML_CCACHE=OFF",
    "-DGGML_LTO=OFF",
    # Without OpenMP there would be a warning and slower threads: it is required instead.
    "-DGGML_OPENMP=ON",
    "-DCMAKE_REQUIRE_FIND_PACKAGE_OpenMP=ON",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    # The second would download the web interface while it compiles.
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_OPENSSL=OFF",
)


def native_option(native: bool) -> str:
    """Return the option for the processor's own instructions.

    It is always given: its default depends on whether SOURCE_DATE_EPOCH is in the environment.
    """
    return f"-DGGML_NATIVE={'ON' if native else 'OFF'}"
