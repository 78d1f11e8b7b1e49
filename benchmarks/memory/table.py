"""Differences between estimates and logs, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from benchmarks.memory.starts import Sizes, Start

PARTS = ("weights", "cache", "compute", "whole")
SMALLEST = 16.0
"""MiB below which a share of a part says little."""


def errors(start: Start, found: Sizes) -> Iterator[tuple[str, float, float]]:
    """Each part with what is off in MiB and in per cent, on every card, or the CPU without one.

    The host beside cards is a part of its own. At real widths small parts are left out.
    """
    for device, logged in start.logged.items():
        beside = device == "CPU" and start.devices > 0
        mine = found.get(device, {})
        if beside and not mine:
            continue
        pairs = {part: (mine.get(part), size) for part, size in logged.items()}
        whole = mine.get("whole", sum(mine.values()) if mine else None)
        pairs["whole"] = (whole, sum(logged.values()))
        for part, (said, real) in pairs.items():
            counts = real >= (SMALLEST if start.real else 1.0)
            if said is not None and counts and (not beside or part == "whole"):
                yield "host beside" if beside else part, said - real, 100 * (said / real - 1)


def lines(
    names: Sequence[str], rows: Mapping[str, Mapping[str, Sequence[float]]], unit: str
) -> Iterator[str]:
    """Yield one table: for each part, a line for each estimator."""
    yield f"{unit + ' off':<14}{'':<24}{'n':>5}{'median':>10}{'p90':>10}{'under':>10}{'over':>10}"
    for part in (*PARTS, "host beside"):
        for name in names:
            found = rows[name].get(part)
            if found:
                sizes = sorted(map(abs, found))
                p90 = sizes[min(len(sizes) - 1, int(len(sizes) * 0.9))]
                numbers = (median(sizes), p90, min(0.0, *found, 0.0), max(0.0, *found, 0.0))
                cells = "".join(f"{each:>10.2f}" for each in numbers)
                yield f"{part:<14}{name:<24}{len(found):>5}{cells}"
