"""Where things stand: to scale, in columns, in the order of the file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamafleet.capacity.footprint import Footprints, Part
from llamafleet.picture import gather, layout, metrics, to_svg
from llamafleet.picture.bars import row, scale_of
from llamafleet.picture.contents import FITS, OVER, TIGHT, UNKNOWN, Bar, Contents, HostPanel
from llamafleet.picture.routes import Route, Stop, lanes
from llamafleet.picture.shapes import Box, Group, Label, Shape
from tests.picture import fleets, handmade
from tests.picture.handmade import BESIDE, BIG, BLIND, CHAT, GIB, WRITTEN, bar, ram, stack

ROOM = 400


def boxes(shapes: tuple[Shape, ...], kind: str) -> list[Box]:
    """Every rectangle of a kind, in order."""
    return [each for each in every(shapes) if isinstance(each, Box) and each.kind == kind]


def every(shapes: tuple[Shape, ...]) -> Iterator[Shape]:
    for shape in shapes:
        yield shape
        if isinstance(shape, Group):
            yield from every(shape.items)


def drawn(one: Bar, *others: Bar) -> tuple[Shape, ...]:
    """A bar at the scale of a picture that has others, too."""
    return (row(one, 700, scale_of((one, *others), ROOM)),)


def test_cards_of_one_picture_have_one_scale() -> None:
    small, large = bar(0, 12 * GIB), bar(1, 24 * GIB)
    [half] = boxes(drawn(small, large), "track")
    [whole] = boxes(drawn(large, small), "track")
    assert (half.width, whole.width) == (ROOM // 2, ROOM)
    [memory] = boxes(drawn(ram(512 * GIB), small), "track")
    assert memory.width == ROOM


def test_parts_are_as_long_as_their_bytes() -> None:
    shapes = drawn(bar(0, 12 * GIB, CHAT, BIG))
    [weights, *_] = boxes(shapes, "weights")
    [cache, *_] = boxes(shapes, "kv")
    assert abs(weights.width / cache.width - 5 / 2) < 0.1
    assert cache.x == weights.x + weights.width


def test_what_does_not_fit_lies_beyond_the_end_in_red() -> None:
    shapes = drawn(bar(0, 12 * GIB, CHAT, BESIDE, BESIDE))
    [track], [beyond] = boxes(shapes, "track"), boxes(shapes, "beyond")
    assert beyond.x == track.x + track.width
    over = sum(each.size for each in (CHAT, BESIDE, BESIDE)) - 12 * GIB
    assert abs(beyond.width / track.width - over / (12 * GIB)) < 0.02
    assert max(b.x + b.width for b in boxes(shapes, "weights")) <= beyond.x


def test_far_too_much_is_cut_off_and_said() -> None:
    shapes = drawn(bar(0, 4 * GIB, stack("x", 0, ("weights", 400 * GIB))))
    [torn], [track] = boxes(shapes, "beyond torn"), boxes(shapes, "track")
    assert abs(torn.width - track.width // 2) <= 1
    texts = [each.text for each in every(shapes) if isinstance(each, Label)]
    assert "396 GiB too much" in texts


def test_what_nobody_knows_is_hatched_and_says_the_way_out() -> None:
    blind = replace(BLIND, title="blind\nunknown: the lock has no facts")
    shapes = drawn(bar(0, 12 * GIB, CHAT, blind))
    assert len(boxes(shapes, "unknown")) == 1
    titles = [each.title for each in every(shapes) if isinstance(each, Group)]
    assert blind.title in titles


def test_the_unknown_may_be_all_that_is_left_however_many_they_are() -> None:
    shapes = drawn(bar(0, 24 * GIB, CHAT, BLIND, replace(BLIND, name="second")))
    [unknown], [track] = boxes(shapes, "unknown"), boxes(shapes, "track")
    assert unknown.x + unknown.width == track.x + track.width
    assert unknown.width == track.width - round(track.width * CHAT.size / (24 * GIB))
    texts = [each.text for each in every(shapes) if isinstance(each, Label)]
    assert "blind, second: unknown" in texts


def test_a_number_of_the_author_is_not_called_weights() -> None:
    shapes = drawn(bar(0, 12 * GIB, WRITTEN))
    assert len(boxes(shapes, "whole")) == 1
    assert not boxes(shapes, "weights")


MARGIN = replace(BIG, margin=GIB)


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (bar(0, 24 * GIB, BIG), FITS),
        (bar(0, 12 * GIB, BIG), OVER),
        (bar(0, 12 * GIB, BIG, BLIND), OVER),
        (bar(0, 24 * GIB, BLIND), UNKNOWN),
        (bar(0, None, BIG), UNKNOWN),
        (bar(0, 12 * GIB, MARGIN), TIGHT),
        (bar(0, 13 * GIB, MARGIN), TIGHT),
        (bar(0, 14 * GIB, MARGIN), FITS),
        (bar(0, 14 * GIB, MARGIN, reserved=GIB), TIGHT),
        (ram(14 * GIB, stack("x", 0, ("weights", 8 * GIB), ("other", 8 * GIB))), TIGHT),
        (ram(14 * GIB, stack("x", 0, ("weights", 16 * GIB))), OVER),
    ],
)
def test_verdicts(one: Bar, verdict: str) -> None:
    assert one.verdict == verdict


@given(st.lists(st.tuples(st.sampled_from(["weights", "kv", "compute"]), st.integers(1, 40 * GIB)),
                max_size=8), st.integers(1, 64 * GIB))  # fmt: skip
def test_a_bar_never_leaves_its_place(parts: list[tuple[str, int]], capacity: int) -> None:
    shapes = drawn(bar(0, capacity, stack("x", 0, *parts)))
    [track] = boxes(shapes, "track")
    rects = [each for each in every(shapes) if isinstance(each, Box)]
    assert all(each.x + each.width <= track.x + ROOM + 2 for each in rects)
    own = [each for each in rects if each.kind in ("weights", "kv", "compute")]
    assert all(one.x + one.width <= other.x for one, other in pairwise(own))
    assert all(track.x <= b.x and b.x + b.width <= track.x + track.width for b in own)


@given(st.text(max_size=60), st.integers(0, 300), st.sampled_from([11, 12, 26]), st.booleans())
def test_a_shortened_text_fits(text: str, room: int, size: int, bold: bool) -> None:
    shown = metrics.fit(text, room, size, bold)
    assert metrics.width(shown, size, bold) <= room or not text
    if shown != text:
        assert not shown or shown.endswith(metrics.ELLIPSIS)
        assert text.startswith(shown.removesuffix(metrics.ELLIPSIS))


spans = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 500), st.integers(0, 3), st.integers(0, 500)),
    max_size=12,
)


@given(spans)
def test_proxies_that_meet_have_lanes_of_their_own(found: list[tuple[int, int, int, int]]) -> None:
    routes = [Route(Stop(a, 0, b), ((Stop(c, 0, d), ""),)) for a, b, c, d in found]
    given = lanes(routes, 4)
    for column in range(4):
        taken = [(lane, route.span(column)) for lane, route in zip(given.beside[column], routes,
                                                                   strict=True)]  # fmt: skip
        for number, (lane, span) in enumerate(taken):
            assert (lane < 0) == (span is None)
            for other, further in taken[:number]:
                if lane == other and span and further:
                    assert span[1] < further[0] or further[1] < span[0]


def contents(hosts: int) -> Contents:
    """Hosts that are all alike."""
    one = handmade.EVERYTHING.hosts[1]
    return Contents("t", "s", tuple(replace(one, name=f"h{n}") for n in range(hosts)))


@pytest.mark.parametrize("hosts", [0, 1, 2, 7, 40, 100])
def test_hosts_stand_in_columns_in_their_order(hosts: int) -> None:
    picture = layout(contents(hosts))
    panels = boxes(picture.items, "panel")
    assert len(panels) == hosts
    assert sorted(panels, key=lambda box: (box.x, box.y)) == panels
    assert all(box.x + box.width < picture.width for box in panels)
    assert all(box.y + box.height < picture.height for box in panels)
    if hosts >= 40:
        assert 0.8 < picture.width / picture.height < 2.6


def test_an_empty_fleet_is_a_picture() -> None:
    assert "<svg" in to_svg(layout(Contents("", "", ())))
    assert "<svg" in to_svg(layout(Contents("", "", (HostPanel("", "", "", (), (), ()),))))


def test_forty_hosts_take_no_time() -> None:
    fleet = fleets.many(40)
    footprints = Footprints(fleet)
    gather(fleet, footprints, "warm")
    start = time.process_time()
    text = to_svg(layout(gather(fleet, footprints, "forty")))
    assert time.process_time() - start < 2.5, "ten times what it takes"
    assert text.count('class="panel"') == 40


def test_a_picture_is_the_same_each_time() -> None:
    one, other = (
        to_svg(layout(gather(fleet, Footprints(fleet), "x")))
        for fleet in (fleets.many(3), fleets.many(3))
    )
    assert one == other


def test_parts_that_nobody_has_heard_of_are_drawn() -> None:
    new = replace(CHAT, parts=(Part("new", 2 * GIB),))
    assert boxes(drawn(bar(0, 12 * GIB, new)), "compute")
