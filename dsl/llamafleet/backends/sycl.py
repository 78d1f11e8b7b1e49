"""Intel cards through oneAPI's SYCL."""

from .backend import Backend
from .driver import Driver
from .vendor import INTEL

SYCL = Backend(
    name="sycl",
    vendors=(INTEL,),
    cmake=(
        "-DGGML_SYCL=ON",
        "-DGGML_SYCL_TARGET=INTEL",
        "-DGGML_SYCL_F16=ON",
        "-DGGML_SYCL_GRAPH=ON",
        # oneDNN comes with oneAPI, and it is required: without it prompts are read much slower.
        "-DGGML_SYCL_DNN=ON",
        "-DCMAKE_REQUIRE_FIND_PACKAGE_DNNL=ON",
        "-DGGML_SYCL_SUPPORT_LEVEL_ZERO_API=ON",
        "-DCMAKE_C_COMPILER=icx",
        "-DCMAKE_CXX_COMPILER=icpx",
    ),
    # From Intel's repository.
    packages=("intel-oneapi-base-toolkit", "level-zero-dev"),
    runtime_packages=("intel-opencl-icd", "libze-intel-gpu1", "libze1"),
    prepare=". /opt/intel/oneapi/setvars.sh",
    # oneAPI's libraries are found through its script, at run time too.
    wrapper=(
        "/bin/bash",
        "-c",
        '. /opt/intel/oneapi/setvars.sh > /dev/null && exec "$0" "$@"',
    ),
    visible_devices="ONEAPI_DEVICE_SELECTOR",
    visible_format="level_zero:{devices}",
    # Without it the free memory of a card reads wrong.
    environment=(("ZES_ENABLE_SYSMAN", "1"),),
    groups=("render", "video"),
    device="SYCL",
    toolkit="icpx",
    toolkit_version="PATH=$PATH:/opt/intel/oneapi/compiler/latest/bin icpx -dumpversion",
    splits_rows=True,
    driver=Driver(250, 100, 400, "not measured: taken to be between Vulkan and CUDA"),
)
