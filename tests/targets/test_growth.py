"""Rendering a fleet that is twice as large is twice the work, counted and not timed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

from benchmarks.render import Templates, compiled, fleet_text
from llamafleet.render import render


def calls(work: Callable[[], object]) -> int:
    """How many Python functions are called; the same on every machine."""
    count = 0

    def counting(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_rendering_is_linear_in_the_number_of_hosts() -> None:
    small, large = (compiled(fleet_text(hosts)) for hosts in (40, 160))
    render(small)
    assert 3.9 < calls(lambda: render(large)) / calls(lambda: render(small)) < 4.1


def test_compiling_is_linear_in_the_number_of_hosts() -> None:
    small, large = (fleet_text(hosts) for hosts in (40, 160))
    compiled(small)
    assert calls(lambda: compiled(large)) / calls(lambda: compiled(small)) < 4.4


def test_the_yardstick_renders_the_same_files() -> None:
    rendered = render(compiled(fleet_text(12)))
    size = sum(len(x.path) + len(x.content) for each in rendered.values() for x in each)
    assert Templates(rendered).render() == size
