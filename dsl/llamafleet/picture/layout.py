"""The layout: hosts as panels in columns, arrows between them, a legend above."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from .bars import scale_of
from .contents import Contents, HostPanel
from .legend import heading
from .panel import BARS, WIDTH, Panel, panel
from .place import label, moved
from .routes import Lanes, Route, Stop, arrows, lanes
from .shapes import Picture, Shape

EDGE, BETWEEN, FOOTER = 28, 18, 34
ARRIVE, LEAVE = 11, 24
"""How far below a box's upper edge arrows reach it, and leave it."""
ASPECT = 1.45
"""How much wider than high a picture of many hosts should be, about."""


def layout(contents: Contents) -> Picture:
    """Return the picture of a fleet, everything placed."""
    scale = scale_of(contents.bars, BARS)
    panels = [panel(host, scale) for host in contents.hosts]
    columns = _columns([each.height for each in panels])
    places = _places(panels, columns)
    routes = _routes(contents.hosts, panels, places)
    found = lanes(routes, len(columns))
    lefts = _lefts(found, len(columns))
    width = (lefts[-1] if lefts else EDGE) + WIDTH + EDGE
    tall, head = heading(contents, scale, EDGE, width - 2 * EDGE)
    top = tall + found.strip
    items: list[Shape] = [*head]
    for each, (column, y) in zip(panels, places, strict=True):
        items += moved((each.shape,), lefts[column], top + y)
    items += arrows(routes, found, lefts, top)
    deepest = max((y + p.height for p, (_, y) in zip(panels, places, strict=True)), default=0)
    height = top + deepest + FOOTER
    items += label(width - EDGE, height - 12, "llamafleet map", "footer", 200, end=True)
    return Picture(width, height, contents.title, contents.summary, tuple(items))


def _columns(heights: Sequence[int]) -> list[range]:
    """Split panels into columns of about equal height, in the order of the file."""
    if not heights:
        return [range(0)]
    best: tuple[float, list[range]] | None = None
    for count in range(1, len(heights) + 1):
        columns = _split(heights, count)
        tallest = max(sum(heights[i] + BETWEEN for i in column) for column in columns)
        wide = len(columns) * (WIDTH + EDGE)
        off = max(wide / tallest / ASPECT, tallest * ASPECT / wide)
        # A last column that stays almost empty is no good, either.
        off *= tallest * len(columns) / (sum(heights) + BETWEEN * len(heights))
        if best is None or off < best[0]:
            best = off, columns
    assert best is not None
    return best[1]


def _split(heights: Sequence[int], count: int) -> list[range]:
    """Split into at most `count` runs, the highest as low as possible."""
    low, high = max(heights) + BETWEEN, sum(heights) + BETWEEN * len(heights)
    while low < high:
        middle = (low + high) // 2
        if len(_runs(heights, middle)) <= count:
            high = middle
        else:
            low = middle + 1
    return _runs(heights, low)


def _runs(heights: Sequence[int], most: int) -> list[range]:
    starts, filled = [0], 0
    for index, height in enumerate(heights):
        if filled + height + BETWEEN > most and filled:
            starts.append(index)
            filled = 0
        filled += height + BETWEEN
    return [range(a, b) for a, b in pairwise([*starts, len(heights)])]


def _places(panels: Sequence[Panel], columns: Sequence[range]) -> list[tuple[int, int]]:
    """Return each panel's column and its y below the columns' upper edge."""
    return [
        (number, y)
        for number, column in enumerate(columns)
        for y in list(accumulate((panels[i].height + BETWEEN for i in column), initial=0))[:-1]
    ]


def _lefts(found: Lanes, columns: int) -> list[int]:
    lefts, x = [], 0
    for column in range(columns):
        busy = any(lane >= 0 for lane in found.beside[column])
        x += max(EDGE, found.gutter(column) + 6 if busy else 0)
        lefts.append(x)
        x += WIDTH
    return lefts


def _routes(
    hosts: Sequence[HostPanel], panels: Sequence[Panel], places: Sequence[tuple[int, int]]
) -> list[Route]:
    """Return a route from every reverse proxy to each host that answers for it."""
    ends_at: dict[tuple[str, str], Stop] = {}
    starts: dict[tuple[str, str], Stop] = {}
    for host, drawn, (column, y) in zip(hosts, panels, places, strict=True):
        for name, box in (*drawn.frontends, *drawn.blocks):
            ends_at[host.name, name] = Stop(column, box.x, y + box.y + ARRIVE)
            starts[host.name, name] = Stop(column, box.x, y + box.y + LEAVE)
    arrived: dict[Stop, int] = {}
    found = []
    for host in hosts:
        for frontend in host.frontends:
            ends = []
            for target in frontend.targets:
                stop = ends_at.get((target.host, target.service))
                if stop is None or (target.host, target.service) == (host.name, frontend.name):
                    continue
                nth = arrived.get(stop, 0)
                arrived[stop] = nth + 1
                end = Stop(stop.column, stop.inset, stop.y + nth % 3 * 6)
                to = ", ".join(target.addresses)
                ends.append((end, f"{frontend.name} → {target.service} on {target.host}: {to}"))
            if ends:
                found.append(Route(starts[host.name, frontend.name], tuple(ends)))
    return found
