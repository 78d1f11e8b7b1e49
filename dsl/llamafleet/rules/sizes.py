"""Sizes as findings tell them."""

from __future__ import annotations


def gib(size: int) -> str:
    """`12.3 GiB`; what is small is told in MiB."""
    mib = size / 2**20
    return f"{mib:.0f} MiB" if abs(mib) < 1000 else f"{mib / 1024:.1f} GiB"
