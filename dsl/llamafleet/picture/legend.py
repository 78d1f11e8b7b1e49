"""The heading: the fleet's name, a summary, and the legend."""

from __future__ import annotations

from . import words
from .bars import Scale
from .contents import Contents
from .place import label, moved, width, wrap_rows
from .shapes import Box, Group, Shape

SWATCH, LINE = 22, 24
RULERS = tuple(1 << power for power in range(28, 44))
"""Sizes that a ruler may have, 256 MiB and up."""


def heading(contents: Contents, scale: Scale, x: int, room: int) -> tuple[int, tuple[Shape, ...]]:
    """Return its height and its shapes."""
    items: list[Shape] = []
    items += label(x, 52, contents.title, "heading", room)
    items += label(x, 76, contents.summary, "summary", room)
    signs = [*_signs(contents), *_rulers(contents, scale)]
    rows = 0
    places = wrap_rows([wide for wide, _ in signs], room, 22)
    for (line, dx), (_, shapes) in zip(places, signs, strict=True):
        items += moved(shapes, x + dx, 92 + line * LINE)
        rows = max(rows, line + 1)
    return 92 + rows * LINE + 14, tuple(items)


def _signs(contents: Contents) -> list[tuple[int, tuple[Shape, ...]]]:
    """Yield a swatch and a word for each look in the picture."""
    bars = contents.bars
    stacks = [stack for bar in bars for stack in bar.stacks]
    own = [stack for stack in stacks if stack.hue is not None]
    shades = {
        words.shade(p, bar.ram)
        for bar in bars
        for s in bar.stacks
        for p in s.parts
        if s.hue is not None
    }
    looks = [
        ("weights", "weights", "weights" in shades),
        ("whole", "in all, parts unknown", "whole" in shades),
        ("kv", "KV cache and states", "kv" in shades),
        ("compute", "compute and output buffers", "compute" in shades),
        ("driver", "driver", "driver" in shades),
        ("grows", "caches that may grow", "grows" in shades),
        ("beside", "other services of the host", any(stack.hue is None for stack in stacks)),
        ("reserved", "reserved", any(bar.reserved for bar in bars)),
        ("track", "free", bool(bars)),
        ("beyond", "beyond the end", any(bar.over for bar in bars)),
        ("unknown", "size unknown", any(bar.unknown for bar in bars)),
    ]
    hue = min((stack.hue for stack in own if stack.hue is not None), default=0)
    return [_sign(kind, text, hue) for kind, text, there in looks if there]


def _sign(kind: str, text: str, hue: int) -> tuple[int, tuple[Shape, ...]]:
    top = 8 if kind == "grows" else 2
    shapes = [Box(0, top, SWATCH, 15 - top, kind, 2)]
    if kind == "track":
        shapes.append(Box(0, 2, SWATCH, 13, "frame", 2))
    swatch = Group(tuple(shapes), hue=hue)
    takes = width(text, "legend")
    return SWATCH + 7 + takes, (swatch, *label(SWATCH + 7, 13, text, "legend", takes))


def _rulers(contents: Contents, scale: Scale) -> list[tuple[int, tuple[Shape, ...]]]:
    """Return rulers of some GiB, for cards and for the hosts' own memory."""
    found = []
    for ram, name in ((False, "GPU memory"), (True, "RAM")):
        if any(bar.ram == ram for bar in contents.bars):
            size = next((each for each in RULERS if scale.at(each, ram) >= 48), RULERS[-1])
            found.append(_ruler(scale.at(size, ram), f"{words.short(size)} of {name}"))
    return found


def _ruler(long: int, text: str) -> tuple[int, tuple[Shape, ...]]:
    line = (
        Box(0, 8, long, 2, "ruler"),
        Box(0, 4, 2, 10, "ruler"),
        Box(long - 2, 4, 2, 10, "ruler"),
    )
    takes = width(text, "legend")
    return long + 7 + takes, (*line, *label(long + 7, 13, text, "legend", takes))
