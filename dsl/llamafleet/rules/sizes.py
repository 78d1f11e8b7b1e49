"""Sizes as findings tell them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..capacity.footprint import Footprint


def with_doubts(text: str, footprints: Iterable[Footprint]) -> str:
    """Add to what is said of a model why a rule of thumb stands in for formulas, if one does."""
    return "; ".join(dict.fromkeys((text, *(why for each in footprints for why in each.doubts))))


def gib(size: int) -> str:
    """`12.3 GiB`; what is small is told in MiB."""
    mib = size / 2**20
    return f"{mib:.0f} MiB" if abs(mib) < 1000 else f"{mib / 1024:.1f} GiB"
