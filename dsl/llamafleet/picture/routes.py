"""Ways of arrows: through the gutters left of the columns and a strip above them, where no text is.

Each reverse proxy has a lane of its own wherever it passes others; lanes are shared by those that
do not meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .shapes import Arrow

LANE = 9
MARGIN = 14
STRIP = -1
"""Where the strip above the columns is, among the heights of a column."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The left edge of a box: in which column, how far from the column's left, and how high."""

    column: int
    inset: int
    y: int


@dataclass(frozen=True, slots=True)
class Route:
    """From a reverse proxy to what answers for it, with a title for each arrow."""

    start: Stop
    ends: tuple[tuple[Stop, str], ...]

    @property
    def leaves(self) -> bool:
        """Return True if it goes to another column."""
        return any(end.column != self.start.column for end, _ in self.ends)

    def span(self, column: int) -> tuple[int, int] | None:
        """Return the y range that it takes beside a column."""
        ys = [end.y for end, _ in self.ends if end.column == column]
        if column == self.start.column:
            ys.append(self.start.y)
        if ys and self.leaves:
            ys.append(STRIP)
        return (min(ys), max(ys)) if ys else None

    def across(self) -> tuple[int, int] | None:
        """Return the range of columns that it crosses above them."""
        columns = [self.start.column, *(end.column for end, _ in self.ends)]
        return (min(columns), max(columns)) if self.leaves else None


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lane of each route: `beside` by column, `above` for the strip over all columns."""

    above: tuple[int, ...]
    beside: tuple[tuple[int, ...], ...]

    def gutter(self, column: int) -> int:
        """Return the width of a column's gutter."""
        return _breadth(self.beside[column])

    @property
    def strip(self) -> int:
        """Return the height of the strip above the columns."""
        return _breadth(self.above) if any(lane >= 0 for lane in self.above) else 0


def lanes(routes: Sequence[Route], columns: int) -> Lanes:
    """Return the lanes of all routes."""
    beside = (_shared([route.span(column) for route in routes]) for column in range(columns))
    return Lanes(_shared([route.across() for route in routes]), tuple(beside))


def arrows(
    routes: Sequence[Route], found: Lanes, lefts: Sequence[int], top: int
) -> Iterable[Arrow]:
    """Return the arrows of all routes; `lefts` are the columns' x, `top` is their y."""
    for number, route in enumerate(routes):
        for end, title in route.ends:
            yield Arrow(_points(route.start, end, number, found, lefts, top), title)


def _points(
    start: Stop, end: Stop, number: int, found: Lanes, lefts: Sequence[int], top: int
) -> tuple[tuple[int, int], ...]:
    def lane(column: int) -> int:
        return lefts[column] - MARGIN - found.beside[column][number] * LANE

    first = (lefts[start.column] + start.inset, top + start.y)
    last = (lefts[end.column] + end.inset, top + end.y)
    down = lane(start.column), lane(end.column)
    if start.column == end.column:
        return first, (down[0], first[1]), (down[0], last[1]), last
    above = top - MARGIN - found.above[number] * LANE
    turns = ((down[0], first[1]), (down[0], above), (down[1], above), (down[1], last[1]))
    return first, *turns, last


def _shared(spans: Sequence[tuple[int, int] | None]) -> tuple[int, ...]:
    """A lane for each span, the first that is free all along; -1 for those that need none."""
    taken: list[list[tuple[int, int]]] = []
    found = []
    for span in spans:
        if span is None:
            found.append(-1)
            continue
        lane = next((i for i, others in enumerate(taken) if not _meets(span, others)), len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append(span)
        found.append(lane)
    return tuple(found)


def _meets(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(span[0] <= end and start <= span[1] for start, end in others)


def _breadth(found: Iterable[int]) -> int:
    return 2 * MARGIN + LANE * max(0, *found, 0)
