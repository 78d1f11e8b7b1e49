"""Words for sizes in findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..capacity.footprint import Footprint


def with_doubts(text: str, footprints: Iterable[Footprint]) -> str:
    """Append the reasons why a rule of thumb stands in for formulas, if one does."""
    return "; ".join(dict.fromkeys((text, *(why for each in footprints for why in each.doubts))))


def gib(size: int) -> str:
    """Return bytes as `12.3 GiB`, below 1000 MiB as `512 MiB`."""
    mib = size / 2**20
    return f"{mib:.0f} MiB" if abs(mib) < 1000 else f"{mib / 1024:.1f} GiB"
