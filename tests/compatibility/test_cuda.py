"""CUDA's tables: the worked case of a P40 on Debian 13, and faults that were seen in the field."""

from __future__ import annotations

import pytest

from llamafleet.compatibility import Toolchain, cuda_problems, expected_problems
from llamafleet.compatibility.cuda_assets import ASSETS, asset_driver, asset_runs
from llamafleet.compatibility.cuda_table import builds_for, machine_code_driver, number
from llamafleet.compatibility.cuda_ways import newest_release, ways

P40, TRIXIE = ("sm_61",), "debian-13"
OLD_ASSET, NEW_ASSET = ASSETS


def chain(**known: object) -> Toolchain:
    return Toolchain("cuda", os=TRIXIE, glibc=(2, 41), **known)  # type: ignore[arg-type]


def subjects(*arches: str, **known: object) -> list[str]:
    return [each.subject for each in cuda_problems(arches, chain(**known))]


# The worked case: sm_61 on Debian 13.


def test_a_p40_on_debian_13_has_one_cuda_that_compiles() -> None:
    packaged = chain(toolkit=(12, 4), own=True, gcc=(14, 13))
    assert cuda_problems(P40, packaged) == ()
    assert subjects("sm_61", toolkit=(13, 0), own=False, gcc=(14,)) == ["arch"]
    assert subjects("sm_61", toolkit=(12, 8), own=False, gcc=(14,)) == ["glibc"]
    assert subjects("sm_61", toolkit=(12, 9), own=False, gcc=(14,)) == ["glibc"]


def test_a_p40_on_debian_13_is_told_every_way_out() -> None:
    [problem] = cuda_problems(P40, chain(toolkit=(12, 8), own=False, gcc=(14,), driver=(550, 163)))
    assert problem.ways == (
        "use Debian's nvidia-cuda-toolkit (non-free) 12.4 with g++-13",
        "compile on a builder with Debian 12 or Ubuntu 24.04",
        "set backend = vulkan",
        "set kind = release, whose archive for CUDA 12.8 runs with driver 570.26 or newer",
    )


def test_a_way_is_only_told_where_it_exists() -> None:
    blackwell = ways((120,), chain(gcc=(14,), driver=(580, 95)))
    assert blackwell[0] == "use NVIDIA's CUDA 13.5"
    assert not any("Debian" in each or "builder" in each for each in blackwell)
    # On its driver, nothing newer than 12.9 runs, and that does not compile there.
    held = ways((86,), chain(gcc=(14,), driver=(550, 163)))
    assert held[0] == "use Debian's nvidia-cuda-toolkit (non-free) 12.4 with g++-13"
    assert not any("NVIDIA's CUDA" in each for each in held)


def test_a_distribution_without_any_cuda_for_a_card_is_known() -> None:
    [problem] = expected_problems("cuda", P40, "fedora-43")
    assert problem.certain
    assert problem.message == "no CUDA of NVIDIA compiles for sm_61 on Fedora 43"
    assert expected_problems("cuda", ("sm_86",), "fedora-43") == ()
    assert expected_problems("cuda", P40, "plan9-4") == ()


# 1: machine code and PTX have floors of their own.


@pytest.mark.parametrize(
    ("arch", "driver", "runs"),
    [
        (61, (535, 183), False),  # a GTX 1080 Ti: device kernel image is invalid
        (61, (580, 95), True),
        (61, (550, 163), False),  # a P40 with Debian 13's own driver
        (86, (535, 183), True),
        (120, (550, 163), False),
        (120, (570, 0), True),
        (75, (560, 35), False),
    ],
)
def test_a_driver_must_know_the_cuda_of_ptx(arch: int, driver: tuple[int, int], runs: bool) -> None:
    assert asset_runs(OLD_ASSET, arch, driver) is runs


def test_ptx_of_a_new_cuda_wants_a_driver_that_says_so() -> None:
    assert asset_runs(NEW_ASSET, 75, (580, 95), api=(13, 0)) is False
    assert asset_runs(NEW_ASSET, 75, (620, 10), api=(13, 4)) is True
    assert asset_runs(NEW_ASSET, 75, (620, 10)) is None  # no table has it
    assert asset_runs(NEW_ASSET, 86, (580, 95), api=(13, 0)) is True  # it is machine code
    assert asset_runs(NEW_ASSET, 61, (580, 95)) is False
    assert asset_driver(NEW_ASSET, 61) is None


def test_own_builds_are_machine_code_and_run_on_older_drivers() -> None:
    assert machine_code_driver((12, 4), 61) == (525, 60)
    assert subjects("sm_61", toolkit=(12, 4), own=True, gcc=(13,), driver=(535, 183)) == []
    assert subjects("sm_86", toolkit=(13, 4), own=False, gcc=(14,), driver=(550, 163)) == ["driver"]
    assert machine_code_driver((12, 8), 120) == (570,)


# 2 to 4, and 9: compilers, glibc, and a CUDA that miscompiles.


def test_gcc_16_goes_with_the_newest_cuda_alone() -> None:
    assert subjects("sm_86", toolkit=(13, 4), own=False, gcc=(16,)) == []
    assert subjects("sm_86", toolkit=(13, 2), own=False, gcc=(16,)) == ["compiler"]
    [problem] = cuda_problems(("sm_86",), chain(toolkit=(12, 4), own=True, gcc=(14,)))
    assert problem.ways[0] == "install g++-13 beside it"
    assert "-allow-unsupported-compiler" in problem.ways[-1]


@pytest.mark.parametrize(
    ("cuda", "own", "glibc", "stopped"),
    [
        ((12, 9), False, (2, 41), True),
        ((12, 9), False, (2, 40), False),
        ((12, 4), True, (2, 41), False),
        ((13, 0), False, (2, 41), False),
        ((13, 0), False, (2, 42), True),
        ((13, 1), True, (2, 43), True),
        ((13, 2), False, (2, 43), False),
    ],
)
def test_glibc_stops_some(
    cuda: tuple[int, int], own: bool, glibc: tuple[int, int], stopped: bool
) -> None:
    given = Toolchain("cuda", toolkit=cuda, own=own, gcc=(11,), glibc=glibc)
    assert ("glibc" in [each.subject for each in cuda_problems(("sm_86",), given)]) is stopped


def test_cuda_13_2_makes_gibberish_of_iq_quants() -> None:
    given = Toolchain("cuda", toolkit=(13, 2), gcc=(14,), quants=("Q4_K_M", "IQ4_XS"))
    [problem] = cuda_problems(("sm_86",), given)
    assert (problem.subject, problem.certain) == ("toolkit", False)
    assert "13.3" in problem.hint
    assert subjects("sm_86", toolkit=(13, 3), gcc=(14,), quants=("IQ4_XS",)) == []


@pytest.mark.parametrize(
    ("arch", "first", "last"),
    [
        (61, (12, 9), (13, 0)),
        (72, (12, 9), (13, 0)),
        (37, (11, 8), (12, 0)),
        (101, (12, 9), (13, 0)),
    ],
)
def test_the_last_cuda_of_an_architecture(
    arch: int, first: tuple[int, int], last: tuple[int, int]
) -> None:
    assert builds_for(first, arch)
    assert not builds_for(last, arch)


def test_the_first_cuda_of_an_architecture() -> None:
    assert [builds_for(each, 120) for each in ((12, 6), (12, 8), (13, 5))] == [False, True, True]
    assert not builds_for((12, 8), 121)
    assert not builds_for((12, 9), 110)
    assert builds_for((12,), 121)  # a major version alone may be one that does


def test_drivers_after_580_leave_pascal_behind() -> None:
    assert subjects("sm_61", driver=(590, 44)) == ["driver"]
    assert subjects("sm_61", driver=(580, 95)) == []
    assert subjects("sm_75", driver=(590, 44)) == []


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert cuda_problems(("sm_61", "gfx906", "sm_"), Toolchain("cuda")) == ()
    assert subjects("sm_61", toolkit=(12, 8), gcc=(14,)) == []  # whose package it is decides


@pytest.mark.parametrize(
    ("arch", "found"),
    [("sm_61", 61), ("61-real", 61), ("sm_120a", 120), ("120f-virtual", 120), ("gfx906", None)],
)
def test_architectures_in_every_spelling(arch: str, found: int | None) -> None:
    assert number(arch) == found


def test_every_release_has_a_host_that_it_is_the_newest_for() -> None:
    assert newest_release((61,), Toolchain("cuda", os="debian-12")) == (12, 9)
    assert newest_release((61,), Toolchain("cuda", os="ubuntu-24.04")) == (12, 9)
    assert newest_release((61,), chain()) is None
    assert newest_release((61, 120), Toolchain("cuda", os="debian-12")) == (12, 9)
    assert newest_release((61, 110), Toolchain("cuda", os="debian-12")) is None
