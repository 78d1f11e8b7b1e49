"""Every option that a build sets is one of llama.cpp's: a name that is gone would be ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamafleet.backends import BACKENDS, Backend
from llamafleet.compiler import compile_text
from llamafleet.plan import cmake_options

NAMES = {
    line
    for line in Path(__file__).with_name("options_b11434.txt").read_text().splitlines()
    if not line.startswith("#")
}

FLEET = """fleet 1
build b {{
    ref = "b11434"
    backend = {backend}
    {more}
}}
"""

FOUND_BY_CHANCE = {
    "GGML_NATIVE", "GGML_CCACHE", "GGML_OPENMP", "CMAKE_REQUIRE_FIND_PACKAGE_OpenMP", "GGML_BLAS",
    "GGML_RPC", "LLAMA_OPENSSL", "LLAMA_USE_PREBUILT_UI", "LLAMA_BUILD_UI",
}  # fmt: skip
BY_BACKEND = {
    "cuda": {"GGML_CUDA_NCCL"},
    "hip": {"GGML_HIP_RCCL"},
    "sycl": {"GGML_SYCL_DNN", "GGML_SYCL_SUPPORT_LEVEL_ZERO_API"},
}


def names(backend: str, more: str = "", arches: tuple[str, ...] = ()) -> set[str]:
    fleet = compile_text(FLEET.format(backend=backend, more=more)).fleet
    assert fleet is not None
    options = cmake_options(fleet.builds["b"], arches)
    return {each.removeprefix("-D").partition("=")[0] for each in options}


@pytest.mark.parametrize("stack", BACKENDS, ids=lambda stack: stack.name)
@pytest.mark.parametrize("more", ["", "rpc = on", "cpu-all-variants = on", "blas = openblas"])
def test_llama_cpp_has_every_option(stack: Backend, more: str) -> None:
    found = names(stack.name, more, (stack.arch_example,))
    assert {each for each in found if not each.startswith("CMAKE_")} <= NAMES


@pytest.mark.parametrize("stack", BACKENDS, ids=lambda stack: stack.name)
def test_nothing_is_found_by_chance(stack: Backend) -> None:
    assert names(stack.name) >= FOUND_BY_CHANCE | BY_BACKEND.get(stack.name, set())
    assert "GGML_RPC_RDMA" in names(stack.name, "rpc = on")
