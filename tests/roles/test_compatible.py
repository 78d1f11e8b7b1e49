"""Builds are held against what a probe found of the host that is to compile them."""

from __future__ import annotations

from dataclasses import replace

from llamafleet.compiler import compile_text
from llamafleet.machine import Compiler, Distribution, Driver, MachineFacts, Toolkit
from llamafleet.plan import plan_fleet
from llamafleet.targets.plan_types import BuildPlan
from llamafleet_roles.llama_cpp.compatible import architectures, build_problems, refusal, toolchain

FLEET = """fleet 1
gpu card {
    vendor = nvidia
    arch = sm_61
    vram = 24GiB
}
host h {
    gpus = [card]
}
build b {
    ref = "b11434"
    backend = cuda
}
gguf small {
    path = "/models/small.gguf"
    size = 1GB
}
model m {
    gguf = small
    ctx-size = 1024
}
llama-server s {
    host = h
    build = b
    model = m
    listen = "127.0.0.1:8080"
}
"""

TRIXIE = MachineFacts(
    drivers=(Driver("nvidia", "550.163.01", "550.163.01", api="12.4"),),
    compilers=(Compiler("g++", "14.2.0", "/usr/bin/g++-14"),),
    glibc="2.41",
    distribution=Distribution("debian", "13", "trixie"),
)
PACKAGED = Toolkit("cuda", "12.4.131", "/usr/bin/nvcc", "distribution")
NVIDIAS = Toolkit("cuda", "12.8.93", "/usr/local/cuda-12.8/bin/nvcc")


def plan(text: str = FLEET) -> BuildPlan:
    fleet = compile_text(text).fleet
    assert fleet is not None
    return next(iter(plan_fleet(fleet))).builds[0]


def test_architectures_are_what_cmake_is_told() -> None:
    assert architectures(plan()) == ("61-real",)


def test_before_anything_is_installed_the_distribution_is_judged() -> None:
    assert build_problems(plan(), TRIXIE) == ()
    fedora = replace(TRIXIE, distribution=Distribution("fedora", "43"))
    [problem] = build_problems(plan(), fedora)
    assert refusal(plan(), problem).startswith(
        "cannot compile llama.cpp b here: no CUDA of NVIDIA compiles for 61-real on Fedora 43: "
    )


def test_the_toolkit_on_the_path_is_judged_before_others() -> None:
    both = replace(TRIXIE, toolkits=(NVIDIAS, PACKAGED))
    assert toolchain("cuda", both).toolkit == (12, 4, 131)
    with_13 = replace(both, compilers=(*both.compilers, Compiler("g++", "13.3.0", "/usr/bin/g")))
    assert build_problems(plan(), with_13) == ()
    [problem] = build_problems(plan(), replace(TRIXIE, toolkits=(NVIDIAS,)))
    assert problem.subject == "glibc"
    assert "Debian's nvidia-cuda-toolkit" in problem.hint


def test_a_driver_that_is_too_old_is_found_before_compiling() -> None:
    newer = replace(TRIXIE, toolkits=(Toolkit("cuda", "13.2.1", "/usr/local/cuda/bin/nvcc"),))
    [problem] = build_problems(plan(FLEET.replace("sm_61", "sm_86")), newer)
    assert problem.subject == "driver"
    assert "550.163.1" in problem.message


def test_a_builder_without_a_card_has_no_driver_to_judge() -> None:
    none = replace(TRIXIE, drivers=(), toolkits=(NVIDIAS,), glibc="2.36")
    assert build_problems(plan(), none) == ()


def test_a_machine_of_which_nothing_is_known_is_not_refused() -> None:
    assert build_problems(plan(), MachineFacts()) == ()
