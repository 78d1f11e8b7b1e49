"""ROCm, Vulkan and upstream's archives against hosts."""

from __future__ import annotations

import pytest

from llamafleet.compatibility import (
    DISTRIBUTIONS,
    Toolchain,
    expected_problems,
    hip_problems,
    release_problems,
)


def said(*problems: object) -> list[str]:
    return [each.subject for each in problems]  # type: ignore[attr-defined]


def test_amds_rocm_left_gfx906_behind() -> None:
    new = Toolchain("hip", toolkit=(7, 2, 4), own=False)
    [problem] = hip_problems(("gfx906",), new)
    assert problem.hint == "set backend = vulkan, or use ROCm 6.3 or older"
    assert hip_problems(("gfx1201", "gfx90a"), new) == ()
    assert hip_problems(("gfx906",), Toolchain("hip", toolkit=(6, 3), own=False)) == ()


def test_therock_is_released_for_some_cards() -> None:
    new = Toolchain("hip", toolkit=(10, 0), own=False)
    [problem] = hip_problems(("gfx803", "gfx1201"), new)
    assert (problem.message, problem.certain) == (
        "AMD's ROCm 10.0 is not released for gfx803",
        False,
    )
    assert hip_problems(("gfx803",), Toolchain("hip", toolkit=(7, 2), own=False)) == ()


def test_a_distributions_rocblas_is_its_own() -> None:
    assert hip_problems(("gfx906",), Toolchain("hip", toolkit=(7, 0), own=True)) == ()


def test_llama_cpp_needs_hip_6_1() -> None:
    [problem] = hip_problems(("gfx1030",), Toolchain("hip", toolkit=(5, 7), own=True))
    assert problem.certain
    [expected] = expected_problems("hip", ("gfx1030",), "debian-13")
    assert not expected.certain  # AMD's may be installed instead
    assert "Debian 13 is 5.7" in expected.message
    assert expected_problems("hip", ("gfx1030",), "debian-14") == ()


@pytest.mark.parametrize(("os", "old"), [("debian-12", True), ("debian-13", False)])
def test_vulkans_headers(os: str, old: bool) -> None:
    assert bool(expected_problems("vulkan", (), os)) is old


@pytest.mark.parametrize(
    ("backend", "os", "driver", "expected"),
    [
        ("cuda", "debian-12", None, ["glibc"]),
        ("cuda", "debian-13", None, ["driver"]),  # its own driver is 550
        ("cuda", "debian-13", (580, 95), []),
        ("cuda", "ubuntu-24.04", None, []),
        ("cpu", "debian-12", None, []),
        ("vulkan", "ubuntu-22.04", None, []),
    ],
)
def test_archives_of_upstream(
    backend: str, os: str, driver: tuple[int, int] | None, expected: list[str]
) -> None:
    given = Toolchain(backend, os=os, driver=driver)
    assert said(*release_problems(("sm_61",), given)) == expected


def test_an_archive_may_have_nothing_for_a_card() -> None:
    [problem] = release_problems(("sm_37",), Toolchain("cuda", os="debian-13"))
    assert problem.message == "no archive of upstream for CUDA has code for sm_37"


def test_distributions_are_named_as_probes_name_them() -> None:
    names = [each.os for each in DISTRIBUTIONS]
    assert len(set(names)) == len(names)
    assert all(each.gcc and each.glibc >= (2, 35) for each in DISTRIBUTIONS)
