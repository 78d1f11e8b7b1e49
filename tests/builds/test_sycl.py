"""SYCL's command line, by itself: no registry has icpx, so that nothing here compiles it."""

from __future__ import annotations

from llamafleet.compiler import compile_text
from llamafleet.plan import plan_host
from tests.builds.cases import Card, Case

CMAKE = """\
-DCMAKE_BUILD_TYPE=Release
-DCMAKE_INSTALL_RPATH=$ORIGIN
-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON
-DBUILD_SHARED_LIBS=ON
-DGGML_CCACHE=OFF
-DGGML_LTO=OFF
-DGGML_OPENMP=ON
-DCMAKE_REQUIRE_FIND_PACKAGE_OpenMP=ON
-DLLAMA_BUILD_TESTS=OFF
-DLLAMA_BUILD_EXAMPLES=OFF
-DLLAMA_BUILD_APP=OFF
-DLLAMA_BUILD_UI=OFF
-DLLAMA_USE_PREBUILT_UI=OFF
-DLLAMA_OPENSSL=OFF
-DGGML_NATIVE=OFF
-DLLAMA_BUILD_NUMBER=11434
-DLLAMA_BUILD_COMMIT=unknown
-DGGML_BACKEND_DL=OFF
-DGGML_CPU_ALL_VARIANTS=OFF
-DGGML_RPC=OFF
-DGGML_BLAS=OFF
-DGGML_SYCL=ON
-DGGML_SYCL_TARGET=INTEL
-DGGML_SYCL_F16=ON
-DGGML_SYCL_GRAPH=ON
-DGGML_SYCL_DNN=ON
-DCMAKE_REQUIRE_FIND_PACKAGE_DNNL=ON
-DGGML_SYCL_SUPPORT_LEVEL_ZERO_API=ON
-DCMAKE_C_COMPILER=icx
-DCMAKE_CXX_COMPILER=icpx
"""


def test_sycls_command_line() -> None:
    case = Case("sycl", "sycl", card=Card("intel", "bmg-g21", "12GiB"))
    fleet = compile_text(case.fleet("192.0.2.2", "ssh_config")).fleet
    assert fleet is not None
    [build] = plan_host(fleet, "maker").builds
    assert "\n".join(build.cmake) + "\n" == CMAKE
    assert build.prepare == ". /opt/intel/oneapi/setvars.sh"
