"""One memory as a bar: stacks to scale, what is free, and what lies beyond its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from . import words
from .contents import OVER, TIGHT, Bar, Stack
from .place import label, width
from .shapes import Box, Group, Label, Shape

NAMES, NUMBERS, GAP = 88, 132, 10
CARD, RAM = 28, 14
PITCH = {False: CARD + 10, True: RAM + 12}
"""From one bar to the next: of usual ones, and of slim ones."""

MOST_BEYOND = 0.5
"""So much of a memory is drawn beyond its end; more is cut off, and the number says it."""

LEAST_UNKNOWN = 3
INSET, LEAST = 6, 60
"""Room beside a name in a bar, and how much of a long name is worth showing."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Bytes to pixels, the same for all cards of a picture; the host's memory has its own."""

    room: int
    cards: int
    ram: int

    def at(self, size: int, ram: bool) -> int:
        """Return the x of a byte, from the left end of a bar."""
        extent = self.ram if ram else self.cards
        return (2 * size * self.room + extent) // (2 * extent)


def scale_of(bars: Iterable[Bar], room: int) -> Scale:
    """Return the scale at which the longest bar fits."""
    longest = {False: 1, True: 1}
    for bar in bars:
        longest[bar.ram] = max(longest[bar.ram], _capacity(bar) + _beyond(bar))
    return Scale(room, longest[False], longest[True])


def row(bar: Bar, room: int, scale: Scale) -> Group:
    """Return a bar with its name on the left and its numbers on the right, from (0, 0)."""
    x, tall = NAMES + GAP, RAM if bar.slim else CARD
    end = x + scale.at(_capacity(bar), bar.ram)
    open_ = " open" if bar.capacity is None else ""
    items: list[Shape] = [Box(x, 0, end - x, tall, f"track{open_}", 3, _free(bar))]
    items += _inside(bar, x, end, tall, scale)
    items += _over(bar, x, end, tall, scale)
    items.append(Box(x, 0, end - x, tall, f"frame{open_}", 3))
    return Group((*_names(bar, tall), *items, *_numbers(bar, room, tall)), _aloud(bar), leaf=True)


def _capacity(bar: Bar) -> int:
    return bar.used * 5 // 4 or 1 if bar.capacity is None else max(1, bar.capacity)


def _beyond(bar: Bar) -> int:
    return min(bar.over, int(_capacity(bar) * MOST_BEYOND))


def _inside(bar: Bar, x: int, end: int, tall: int, scale: Scale) -> Iterator[Shape]:
    """Stacks from the left, cut off where the memory ends."""
    at = 0
    if bar.reserved:
        to = min(end, x + scale.at(bar.reserved, bar.ram))
        title = f"reserved, models never get it: {words.exact(bar.reserved)}"
        yield Box(x, 0, to - x, tall, "reserved", 0, title)
        at = bar.reserved
    for stack in bar.stacks:
        if stack.size:
            yield _stack(stack, at, x, end, tall, scale, bar.ram)
        at += stack.size
    yield from _unknown(bar, min(end, x + scale.at(at, bar.ram)), end, tall)


def _stack(stack: Stack, at: int, x: int, end: int, tall: int, scale: Scale, ram: bool) -> Shape:
    beside = stack.hue is None
    boxes = []
    for part in stack.parts:
        left, right = (min(end, x + scale.at(size, ram)) for size in (at, at + part.size))
        at += part.size
        kind = "beside" if beside else words.shade(part, ram)
        top = tall // 2 if kind == "grows" else 0
        if right > left:
            boxes.append(Box(left, top, right - left, tall - top, kind))
    if boxes:
        # A hair of the track between two processes.
        last = boxes[-1]
        if last.width > 2:
            boxes[-1] = replace(last, width=last.width - 1)
    return Group((*boxes, *_named(stack, boxes, tall)), title=stack.title, hue=stack.hue)


def _named(stack: Stack, boxes: list[Box], tall: int) -> Iterator[Label]:
    """The name where it fits, as a whole or almost: over weights and cache, or in another part."""
    if tall < CARD or not boxes:
        return
    places = [(box.x, box.width, f"on-{box.kind}") for box in boxes if box.height == tall]
    places += [
        (left.x, right.x + right.width - left.x, "on-kv")
        for left, right in pairwise(boxes)
        if (left.kind, right.kind) == ("weights", "kv")
    ]
    x, wide, kind = max(places, key=lambda place: place[1], default=(0, 0, ""))
    name = stack.name if stack.hue is not None else f"beside: {stack.name}"
    if kind and wide - 2 * INSET >= min(width(name, kind), LEAST):
        yield from label(x + INSET, tall // 2 + 4, name, kind, wide - 2 * INSET)


def _unknown(bar: Bar, left: int, end: int, tall: int) -> Iterator[Shape]:
    """All that may be taken by what nobody knows the size of, hatched: any of it may be free."""
    blind = [stack for stack in bar.stacks if not stack.known]
    if not blind or end - left < LEAST_UNKNOWN:
        return
    box = Box(left, 0, end - left, tall, "unknown")
    names = ", ".join(stack.name for stack in blind)
    text: list[Label] = []
    room = box.width - 2 * INSET
    if tall == CARD and room >= LEAST:
        whole = f"{names}: unknown"
        shown = whole if width(whole, "on-unknown") <= room else names
        text = label(box.x + INSET, tall // 2 + 4, shown, "on-unknown", room)
    title = "\n".join(stack.title for stack in blind)
    hue = blind[0].hue if len(blind) == 1 else None
    yield Group((box, *text), title=title, hue=hue)


def _over(bar: Bar, x: int, end: int, tall: int, scale: Scale) -> Iterator[Shape]:
    if not bar.over:
        return
    to = x + scale.at(_capacity(bar) + _beyond(bar), bar.ram)
    torn = bar.over > _beyond(bar)
    title = f"{words.exact(bar.over)} too much"
    yield Box(end, 0, max(2, to - end), tall, "beyond torn" if torn else "beyond", 0, title)
    yield Box(end - 1, -3, 3, tall + 6, "end")


def _names(bar: Bar, tall: int) -> Iterator[Label]:
    if bar.slim or not bar.what:
        yield from label(0, tall // 2 + 4, bar.name, "card", NAMES)
        return
    yield from label(0, 12, bar.name, "card", NAMES)
    yield from label(0, 26, bar.what, "what", NAMES)


def _numbers(bar: Bar, room: int, tall: int) -> Iterator[Label]:
    text = words.of(bar.used, bar.capacity)
    if bar.unknown:
        text = words.of_unknown(bar.used, bar.capacity)
    if bar.slim:
        kind = "toomuch" if bar.verdict == OVER else "left"
        yield from label(room, tall // 2 + 4, text, kind, NUMBERS, end=True)
        return
    yield from label(room, 12, text, "sum", NUMBERS, end=True)
    if bar.over:
        yield from label(
            room, 26, f"{words.short(bar.over)} too much", "toomuch", NUMBERS, end=True
        )
    elif bar.capacity is not None and not bar.unknown:
        free = words.short(bar.capacity - bar.used)
        text = f"{free} free, just" if bar.verdict == TIGHT else f"{free} free"
        yield from label(room, 26, text, "left", NUMBERS, end=True)


def _free(bar: Bar) -> str:
    if bar.capacity is None:
        return f"{bar.name}: its size is not said"
    rest = " but for what is unknown" if bar.unknown else ""
    return f"{bar.name}: {words.exact(max(0, bar.capacity - bar.used))} free{rest}"


def _aloud(bar: Bar) -> str:
    """All of a bar in words."""
    capacity = "of unknown size" if bar.capacity is None else words.exact(bar.capacity)
    parts = [f"{bar.name} {bar.what}".strip() + f", {capacity}", f"taken: {words.exact(bar.used)}"]
    if bar.reserved:
        parts.append(f"reserved: {words.exact(bar.reserved)}")
    parts += [
        f"{stack.name}: {words.exact(stack.size) if stack.known else 'unknown'}"
        for stack in bar.stacks
    ]
    if bar.over:
        parts.append(f"too much: {words.exact(bar.over)}")
    return "; ".join(parts)
