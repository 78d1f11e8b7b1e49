"""Measurements that differ from estimates or earlier ones by more than the margin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...lock.measured import Buffers, Measured
from ..footprint import Footprint
from ..footprint.margin import ESTIMATE, MEASURED, of_terms
from ..memory.terms import HOST, MIB

LOGGED = ("weights", "kv", "recurrent", "compute", "output")
ROUNDING = 1.0
"""MiB: each line of a log is rounded to 0.01, and small buffers to a page."""
CARD = 64.0
"""MiB by which a card's own count moves from one load to the next: what drivers keep ready."""


@dataclass(frozen=True, slots=True)
class Difference:
    """MiB on one device: what was measured, what was expected of it, and the most on top of it."""

    device: str
    measured: float
    expected: float
    parts: tuple[tuple[str, float, float], ...] = ()

    @property
    def summary(self) -> str:
        """Return the start of a sentence, as `1030 MiB on CUDA0, where 998 MiB`."""
        return f"{_mib(self.measured)} MiB on {self.device}, where {_mib(self.expected)} MiB"

    @property
    def most(self) -> str:
        """Return the part that differs most: ` (kv 512 instead of 480)`, or ""."""
        apart = sorted(self.parts, key=lambda part: -abs(part[1] - part[2]))[:1]
        return "".join(
            f" ({kind} {_mib(one)} instead of {_mib(other)})" for kind, one, other in apart
        )


def from_estimate(found: Measured, footprint: Footprint) -> Iterator[Difference]:
    """Yield each device whose measured MiB differ from the estimate of the same process."""
    estimate = footprint.estimate
    if estimate is None:
        return
    reported = False
    for device in dict.fromkeys((*found.devices, *estimate.devices)):
        terms = [each for each in estimate.terms if each.device == device and each.kind in LOGGED]
        expected = sum(each.size for each in terms) / MIB
        margin = max(ROUNDING, of_terms(terms) / MIB)
        buffers = found.devices.get(device, Buffers())
        if abs(buffers.total - expected) > margin:
            parts = tuple(
                (kind, getattr(buffers, kind), sum(t.size for t in terms if t.kind == kind) / MIB)
                for kind in LOGGED
            )
            yield Difference(device, buffers.total, expected, parts)
            reported = reported or device != HOST
    # What a card says beside that is its driver's part, if the buffers are as expected.
    for card, mib in () if reported else found.gpus.items():
        expected = footprint.bytes_on(card) / MIB
        margin = max(CARD, footprint.margin_on(card) / MIB, ESTIMATE * expected)
        if abs(mib - expected) > margin:
            yield Difference(f"GPU {card}, as it says itself", mib, expected)


def from_before(found: Measured, before: Measured) -> Iterator[Difference]:
    """Yield each device whose measured MiB differ from those of an earlier measurement."""
    for device in dict.fromkeys((*found.devices, *before.devices)):
        one, other = (each.devices.get(device, Buffers()) for each in (found, before))
        if abs(one.total - other.total) > max(ROUNDING, MEASURED * other.total):
            parts = tuple((kind, getattr(one, kind), getattr(other, kind)) for kind in LOGGED)
            yield Difference(device, one.total, other.total, parts)
    for card in found.gpus.keys() & before.gpus.keys():
        one_mib, other_mib = found.gpus[card], before.gpus[card]
        if abs(one_mib - other_mib) > max(CARD, MEASURED * other_mib):
            yield Difference(f"GPU {card}, as it says itself", one_mib, other_mib)


def _mib(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
