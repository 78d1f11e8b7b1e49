"""Sizes and parts in words."""

from __future__ import annotations

from collections.abc import Iterable

from ..capacity.footprint import Part

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

SHADES = {
    "weights": "weights", "whole": "whole", "kv": "kv", "recurrent": "kv", "compute": "compute",
    "output": "compute", "driver": "driver", "other": "compute",
}  # fmt: skip
"""How a part is drawn, by its kind."""

PARTS = {
    "weights": "weights", "whole": "in all", "kv": "KV cache", "recurrent": "recurrent state",
    "compute": "compute buffers", "output": "output", "driver": "driver",
    "other": "caches that grow",
}  # fmt: skip


def shade(part: Part, ram: bool) -> str:
    """Return the look of a part; in host memory some parts only grow while models work."""
    if ram and part.kind == "other":
        return "grows"
    return SHADES.get(part.kind, "compute")


def short(size: int) -> str:
    """Return a size in its largest unit: `3.4 GiB`, `146 MiB`."""
    if size >= GIB:
        return f"{_number(size / GIB)} GiB"
    if size >= MIB:
        return f"{_number(size / MIB, 0)} MiB"
    return f"{size} B" if size < KIB else f"{_number(size / KIB, 0)} KiB"


def of(used: int, capacity: int | None) -> str:
    """Return `3.4 of 12 GiB`."""
    if capacity is None:
        return short(used)
    if capacity < GIB:
        return f"{short(used)} of {short(capacity)}"
    return f"{_number(used / GIB)} of {_number(capacity / GIB)} GiB"


def of_unknown(used: int, capacity: int | None) -> str:
    """Return `? of 12 GiB`, or `3.4 + ? of 12 GiB`."""
    known = f"{_number(used / GIB)} + " if used else ""
    return f"{known}?" if capacity is None else f"{known}? of {short(capacity)}"


def exact(size: int) -> str:
    """Return `3.42 GiB (3,672,197,120 bytes)`."""
    gib = f"{size / GIB:,.2f} GiB" if size >= GIB else f"{size / MIB:,.2f} MiB"
    return f"{gib} ({size:,} bytes)"


def listed(parts: Iterable[Part]) -> str:
    """Return a line for each part."""
    return "\n".join(f"{PARTS.get(each.kind, each.kind)}: {exact(each.size)}" for each in parts)


def counted(number: int, word: str) -> str:
    """Return the number with its noun: `1 host`, `2 hosts`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _number(value: float, digits: int = 1) -> str:
    text = f"{value:,.{digits}f}"
    return text.removesuffix(".0")
