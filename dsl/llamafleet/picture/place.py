"""Placing text and shapes: what the parts of a picture share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from . import metrics
from .shapes import Arrow, Box, Group, Label, Shape

SIZES = {
    "heading": 26, "legend": 12, "summary": 14, "footer": 11,
    "host": 18, "hardware": 12, "address": 12,
    "service": 14, "kind": 12, "door": 13, "way": 12, "more": 12,
    "state": 13, "word": 12, "chip": 12, "size": 12,
    "fits": 12, "tight": 12, "over": 12, "unknown": 12,
    "card": 12, "what": 11, "sum": 12, "left": 11, "toomuch": 11,
    "on-weights": 11, "on-kv": 11, "on-compute": 11, "on-driver": 11, "on-unknown": 11,
    "on-beside": 11, "on-whole": 11,
}  # fmt: skip
"""How large each kind of text is."""

BOLD = frozenset(
    {"heading", "host", "service", "door", "state", "card", "over", "tight", "toomuch", "sum"}
)
"""Kinds of text in bold letters."""


def width(text: str, kind: str) -> int:
    """Return the most pixels that a text of a kind takes."""
    return metrics.width(text, SIZES[kind], kind in BOLD)


def label(x: int, y: int, text: str, kind: str, room: int, *, end: bool = False) -> list[Label]:
    """Return a text cut to the room; an empty list if nothing of it fits."""
    shown = metrics.fit(text, room, SIZES[kind], kind in BOLD)
    if not shown:
        return []
    takes = width(shown, kind)
    whole = "" if shown == text else text
    return [Label(x, y, shown, kind, min(room, takes), end, whole, metrics.odd(shown))]


def moved(shapes: Iterable[Shape], dx: int, dy: int) -> tuple[Shape, ...]:
    """Return the shapes moved by (dx, dy)."""
    return tuple(_moved(each, dx, dy) for each in shapes)


def _moved(shape: Shape, dx: int, dy: int) -> Shape:
    match shape:
        case Box(x, y, width, height, kind, radius, title):
            # Most shapes are boxes, and `replace` takes three times as long.
            return Box(x + dx, y + dy, width, height, kind, radius, title)
        case Group():
            return replace(shape, items=moved(shape.items, dx, dy))
        case Arrow():
            return replace(shape, points=tuple((x + dx, y + dy) for x, y in shape.points))
    return replace(shape, x=shape.x + dx, y=shape.y + dy)


def wrap_rows(widths: Sequence[int], room: int, gap: int) -> list[tuple[int, int]]:
    """Return (row, x) of items side by side, starting a new row where one does not fit."""
    places, row, x = [], 0, 0
    for each in widths:
        if x and x + each > room:
            row, x = row + 1, 0
        places.append((row, x))
        x += each + gap
    return places
