"""Machines as types: versions by their numbers, drivers that agree with themselves."""

from __future__ import annotations

import pytest

from llamafleet.machine import Compiler, Driver, MachineFacts, Toolkit
from llamafleet.machine.versions import numbers


@pytest.mark.parametrize(
    ("written", "read"),
    [("580.65.06", (580, 65, 6)), ("12.4.131-0ubuntu1", (12, 4, 131)), ("N/A", (0,)), ("", (0,))],
)
def test_a_version_is_its_numbers(written: str, read: tuple[int, ...]) -> None:
    assert numbers(written) == read


def test_a_driver_says_whether_kernel_and_libraries_agree() -> None:
    assert Driver("nvidia", "580.65.06", "580.65.06").agrees is True
    assert Driver("nvidia", "550.163.01", "580.65.06").agrees is False
    assert Driver("nvidia", "610.57.04", "610.57").agrees is True
    assert Driver("nvidia", "570.124.06", "570.124.04").agrees is False
    assert Driver("nvidia", None, "580.65.06").agrees is None
    assert Driver("nvidia", None, "580.65.06").version == "580.65.06"


def test_the_newest_toolkit_of_a_kind_comes_first() -> None:
    found = MachineFacts(
        toolkits=(
            Toolkit("cuda", "9.2", "/usr/local/cuda-9.2"),
            Toolkit("cuda", "12.4", "/usr", "distribution"),
            Toolkit("rocm", "7.2.1", "/opt/rocm-7.2.1"),
        )
    )
    assert [each.version for each in found.toolkits_of("cuda")] == ["12.4", "9.2"]
    assert found.toolkits_of("oneapi") == ()


def test_a_compiler_has_a_major_version() -> None:
    assert Compiler("g++", "14.2.0", "/usr/bin/g++-14").major == 14
