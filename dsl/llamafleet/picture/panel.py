"""A host as a panel: its reverse proxies, its services, and what each may have in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import words
from .bars import GAP, NAMES, NUMBERS, PITCH, Scale, row
from .contents import FITS, OVER, TIGHT, UNKNOWN, Bar, Block, Chip, Frontend, HostPanel, State
from .place import label, moved, width, wrap_rows
from .shapes import Box, Group, Shape

WIDTH, PAD, INNER = 700, 14, 14
BLOCK = WIDTH - 2 * PAD
ROOM = BLOCK - 2 * INNER
BARS = ROOM - NAMES - NUMBERS - 2 * GAP
"""How wide bars may become, what lies beyond their end included."""

FRONTEND, HEADER, TITLE, CHIPS = 34, 40, 24, 20
SWATCH = 11


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel from (0, 0): `frontends` and `blocks` are the boxes that arrows leave and reach."""

    height: int
    shape: Group
    frontends: tuple[tuple[str, Box], ...]
    blocks: tuple[tuple[str, Box], ...]


def panel(host: HostPanel, scale: Scale) -> Panel:
    """Return the panel of a host."""
    items: list[Shape] = []
    frontends, blocks = [], []
    y = 62 if host.address else 46
    for frontend in host.frontends:
        shapes = _frontend(frontend)
        frontends.append((frontend.name, Box(PAD, y, BLOCK, FRONTEND, "door", 6)))
        items += [frontends[-1][1], *moved(shapes, PAD, y)]
        y += FRONTEND + 8
    for block in host.blocks:
        tall, shape = _block(block, scale)
        blocks.append((block.service, Box(PAD, y, BLOCK, tall, "block", 6)))
        items += moved((shape,), PAD, y)
        y += tall + 10
    if host.idle:
        tall, shapes = _bars(host.idle, scale)
        items += moved(shapes, PAD + INNER, y + 4)
        y += tall + 8
    height = y + 4
    frame = Box(0, 0, WIDTH, height, "panel", 10)
    group = Group((frame, *_head(host), *items), f"host {host.name}")
    return Panel(height, group, tuple(frontends), tuple(blocks))


def _head(host: HostPanel) -> Iterator[Shape]:
    room = WIDTH - 2 * PAD - 4
    hardware = min(width(host.hardware, "hardware"), room // 2)
    yield from label(PAD + 2, 32, host.name, "host", room - hardware - 16)
    yield from label(WIDTH - PAD - 2, 32, host.hardware, "hardware", hardware, end=True)
    yield from label(PAD + 2, 50, host.address, "address", room)


def _frontend(frontend: Frontend) -> tuple[Shape, ...]:
    """The text in its box."""
    room = ROOM
    name = f"{frontend.kind} {frontend.name}"
    takes = min(width(name, "door"), room // 2)
    route = f"{frontend.listens} → {frontend.upstream}"
    return (
        *label(INNER, 22, name, "door", takes),
        *label(BLOCK - INNER, 22, route, "way", room - takes - 16, end=True),
    )


def _block(block: Block, scale: Scale) -> tuple[int, Shape]:
    items: list[Shape] = []
    name = min(width(block.service, "service"), ROOM // 2)
    kind = f"{block.kind} · {block.listens}" if block.listens else block.kind
    items += label(INNER, 26, block.service, "service", name)
    items += label(BLOCK - INNER, 26, kind, "kind", ROOM - name - 16, end=True)
    y = HEADER
    for number, state in enumerate(block.states):
        if number:
            items.append(Box(INNER, y - 2, ROOM, 1, "rule"))
            y += 8
        tall, shape = _state(state, scale)
        items += moved((shape,), INNER, y)
        y += tall + 6
    if block.more:
        items += label(INNER, y + 12, block.more, "more", ROOM)
        y += 24
    frame = Box(0, 0, BLOCK, y, "block", 6)
    return y, Group((frame, *items), f"{block.kind} {block.service}")


VERDICTS = {FITS: "fits", TIGHT: "too close to tell", UNKNOWN: "unknown"}


def _state(state: State, scale: Scale) -> tuple[int, Shape]:
    """Return the shapes of a state: its name and verdict, its models, and its bars."""
    verdict = _verdict(state)
    right = width(verdict, state.verdict)
    word = width(f"{state.word} ", "word") + 2 if state.word else 0
    items: list[Shape] = [*label(0, 14, state.word, "word", word)]
    items += label(word, 14, state.name, "state", ROOM - right - word - 16)
    items += label(ROOM, 14, verdict, state.verdict, right, end=True)
    rows, chips = _chips(state.chips)
    items += moved(chips, 0, TITLE)
    tall, bars = _bars(state.bars, scale)
    y = TITLE + rows * CHIPS + 6
    items += moved(bars, 0, y)
    return y + tall, Group(tuple(items), f"{state.word} {state.name}: {verdict}".strip())


def _verdict(state: State) -> str:
    if state.verdict != OVER:
        return VERDICTS[state.verdict]
    worst = max(state.bars, key=lambda bar: bar.over)
    return f"{worst.name}: {words.short(worst.over)} too much"


def _chips(chips: tuple[Chip, ...]) -> tuple[int, tuple[Shape, ...]]:
    """A swatch, the name and the size of each model, in rows."""
    drawn = [_chip(chip) for chip in chips]
    places = wrap_rows([wide for wide, _ in drawn], ROOM, 16)
    items = (
        shape
        for (line, x), (_, group) in zip(places, drawn, strict=True)
        for shape in moved((group,), x, line * CHIPS)
    )
    return (places[-1][0] + 1 if places else 0), tuple(items)


def _chip(chip: Chip) -> tuple[int, Group]:
    """Return its width and shapes; a name that is too long is cut, its size is kept."""
    many = f"{chip.processes} × " if chip.processes > 1 else ""
    size = words.short(chip.size) if chip.size is not None else "?"
    x, takes = SWATCH + 6, width(size, "size")
    name = label(x, 12, f"{many}{chip.name}", "chip", ROOM - x - 6 - takes)
    x += (name[0].room if name else 0) + 6
    kind = "weights" if chip.size is not None else "unknown"
    swatch = Box(0, 2, SWATCH, SWATCH, kind, 3)
    shapes: tuple[Shape, ...] = (swatch, *name, *label(x, 12, size, "size", takes))
    return x + takes, Group(shapes, title=chip.title, hue=chip.hue)


def _bars(bars: tuple[Bar, ...], scale: Scale) -> tuple[int, tuple[Shape, ...]]:
    items: list[Shape] = []
    y = 0
    for bar in bars:
        items += moved((row(bar, ROOM, scale),), 0, y)
        y += PITCH[bar.slim]
    return y, tuple(items)
