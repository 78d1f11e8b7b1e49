"""How pictures look in a real browser: nothing overlaps, nothing leaves its place, all is legible.

Every drawing is measured with real fonts, also with the widest of the common ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from llamafleet.capacity.footprint import Footprints
from llamafleet.fleet.model import Fleet
from llamafleet.picture import gather, layout, to_html, to_svg
from llamafleet.picture.shapes import Group, Label, Picture, Shape
from llamafleet.picture.svg import drawing
from tests.picture import browser, fleets, handmade, png

SCRIPT = (Path(__file__).parent / "measure.js").read_text(encoding="utf-8")
SCHEMES = tuple(browser.SCHEMES)
LEGIBLE = 4.5
ROW = 64

FLEETS: dict[str, Callable[[], Fleet]] = {
    **{name: lambda name=name: fleets.example(name) for name in fleets.NAMES},  # type: ignore[misc]
    **{f"{n} unlocked": lambda n=n: fleets.example(n, known=False) for n in fleets.NAMES},  # type: ignore[misc]
    "one host": lambda: fleets.many(1),
    "three hosts": lambda: fleets.many(3),
    "forty hosts": lambda: fleets.many(40),
}
CASES = ("everything", "odd letters", *FLEETS)

Measured = dict[str, Any]


@cache
def picture(case: str) -> Picture:
    """The picture of a case."""
    if case == "everything":
        return layout(handmade.EVERYTHING)
    if case == "odd letters":
        return layout(handmade.renamed(handmade.EVERYTHING, handmade.ODD))
    fleet = FLEETS[case]()
    return layout(gather(fleet, Footprints(fleet), case))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Measured]:
    """The answers of a browser to which all pictures are shown at once, by scheme."""

    @cache
    def asked(scheme: str) -> Measured:
        folder = tmp_path_factory.mktemp(scheme)
        page = folder / "page.html"
        drawings = "\n".join(drawing(picture(case)) for case in CASES)
        page.write_text(
            f'<!DOCTYPE html><html><head><meta charset="utf-8"/></head><body>{drawings}'
            f"<script>{SCRIPT}</script></body></html>",
            encoding="utf-8",
        )
        found: Measured = browser.asked(page, scheme, folder)
        assert found["dark"] == (scheme == "dark")
        return found

    return asked


def drawings(found: Measured, case: str) -> Iterator[Measured]:
    """A case as it is drawn with each font."""
    for each in found["all"].values():
        yield each[CASES.index(case)]


def labels(shapes: tuple[Shape, ...]) -> Iterator[Label]:
    for shape in shapes:
        if isinstance(shape, Label):
            yield shape
        elif isinstance(shape, Group):
            yield from labels(shape.items)


def overlapping(texts: list[Measured]) -> Iterator[tuple[str, str]]:
    """Pairs of texts of which one lies over the other, by a sweep from top to bottom."""
    open_: list[Measured] = []
    for text in sorted(texts, key=lambda each: each["box"][1]):
        left, top, right, _ = text["box"]
        open_ = [each for each in open_ if each["box"][3] > top + 0.5]
        for other in open_:
            if other["box"][0] < right - 0.5 and left < other["box"][2] - 0.5:
                yield other["text"], text["text"]
        open_.append(text)


@pytest.mark.parametrize("case", CASES)
def test_no_text_lies_over_another(measured: Callable[[str], Measured], case: str) -> None:
    for drawn in drawings(measured("light"), case):
        assert drawn["texts"]
        assert not list(overlapping(drawn["texts"]))


@pytest.mark.parametrize("case", CASES)
def test_no_text_is_wider_than_it_was_thought_to_be(
    measured: Callable[[str], Measured], case: str
) -> None:
    rooms = list(labels(picture(case).items))
    for drawn in drawings(measured("light"), case):
        assert len(drawn["texts"]) == len(rooms)
        for text, label in zip(drawn["texts"], rooms, strict=True):
            left, _, right, _ = text["box"]
            # A browser stretches odd texts to a length, but for what hangs over at the ends.
            assert 0 < right - left <= label.room + (2 if label.odd else 1), (text, label)


@pytest.mark.parametrize("case", CASES)
def test_no_text_leaves_its_box_or_the_picture(
    measured: Callable[[str], Measured], case: str
) -> None:
    for drawn in drawings(measured("light"), case):
        for text in drawn["texts"]:
            assert inside(text["box"], drawn["frame"]), text
            assert not text["covered"], text
            if text["kind"].startswith("on-"):
                assert inside(text["box"], text["group"]), text
            assert text["box_kind"] in expected(text["kind"]), text
            if text["kind"] != "on-kv":  # which may lie over weights and cache
                assert inside(text["box"], text["holder"]), text


def expected(kind: str) -> tuple[str, ...]:
    """In which boxes a kind of text stands."""
    if kind.startswith("on-"):
        own = kind.removeprefix("on-")
        return ("weights", "kv") if own == "kv" else (own,)
    kind = kind.split()[0]
    if kind in ("heading", "summary", "legend", "footer"):
        return ("page",)
    if kind in ("host", "hardware", "address"):
        return ("panel",)
    return ("door",) if kind in ("door", "way") else ("block", "panel")


def inside(box: list[float], around: list[float]) -> bool:
    return (
        box[0] >= around[0] - 1 and box[1] >= around[1] - 2
        and box[2] <= around[2] + 1 and box[3] <= around[3] + 2
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_boxes_are_inside_of_each_other_or_apart(
    measured: Callable[[str], Measured], case: str
) -> None:
    drawn = next(drawings(measured("light"), case))
    for kind in ("panel", "block", "door"):
        boxes = sorted(each["box"] for each in drawn["rects"] if each["kind"] == kind)
        assert all(inside(box, drawn["frame"]) for box in boxes)
        by_column: dict[float, list[list[float]]] = {}
        for box in boxes:
            by_column.setdefault(box[0], []).append(box)
        for column in by_column.values():
            assert all(one[3] < other[1] for one, other in pairwise(column))
        lefts = sorted((left, max(b[2] for b in column)) for left, column in by_column.items())
        assert all(one[1] < other[0] for one, other in pairwise(lefts))


@pytest.mark.parametrize("case", CASES)
def test_arrows_end_at_boxes_and_cross_no_text(
    measured: Callable[[str], Measured], case: str
) -> None:
    drawn = next(drawings(measured("light"), case))
    boxes = [each["box"] for each in drawn["rects"] if each["kind"] in ("door", "block")]
    rows: dict[int, list[list[float]]] = {}
    for box in (text["box"] for text in drawn["texts"]):
        for row in range(int(box[1] // ROW), int(box[3] // ROW) + 1):
            rows.setdefault(row, []).append(box)
    for arrow in drawn["arrows"]:
        _, top, tip, bottom = arrow["head"]
        middle = (top + bottom) / 2
        x, y = arrow["points"][0]
        assert any(abs(b[0] - tip) < 1.5 and b[1] < middle < b[3] for b in boxes)
        assert any(abs(b[0] - x) < 1.5 and b[1] < y < b[3] for b in boxes)
        for x, y in arrow["points"]:
            near = rows.get(int(y // ROW), ())
            assert not any(b[0] < x < b[2] and b[1] < y < b[3] for b in near)
            assert inside([x, y, x, y], drawn["frame"])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("case", CASES)
def test_every_text_stands_out(measured: Callable[[str], Measured], case: str, scheme: str) -> None:
    for text in next(drawings(measured(scheme), case))["texts"]:
        assert text["contrast"] >= LEGIBLE, text


def test_fleets_with_reverse_proxies_have_arrows(measured: Callable[[str], Measured]) -> None:
    assert len(next(drawings(measured("light"), "p40_cluster"))["arrows"]) == 2
    assert len(next(drawings(measured("light"), "forty hosts"))["arrows"]) == 41
    assert len(next(drawings(measured("light"), "everything"))["arrows"]) == 3


@pytest.mark.parametrize("kind", ["svg", "html", "img"])
@pytest.mark.parametrize("case", ["voice_matrix", "everything", "forty hosts"])
def test_a_file_by_itself_is_drawn_in_both_schemes(kind: str, case: str, tmp_path: Path) -> None:
    page = written(picture(case), kind, tmp_path)
    counts = {
        scheme: png.colours(browser.screenshot(page, scheme, tmp_path, (720, 600)))
        for scheme in SCHEMES
    }
    backs = {scheme: max(found, key=lambda one: found[one]) for scheme, found in counts.items()}
    for scheme, found in counts.items():
        assert len(found) > 50, "an empty picture"
        assert found[backs[scheme]] < 0.9 * sum(found.values()), "hardly anything is drawn"
    assert sum(backs["light"]) > 600
    assert sum(backs["dark"]) < 150


def written(drawn: Picture, kind: str, folder: Path) -> Path:
    """The picture as a page of its own, or as one that is shown in another as an image."""
    path = folder / f"fleet.{'html' if kind == 'html' else 'svg'}"
    text = to_html(drawn, handmade.EVERYTHING) if kind == "html" else to_svg(drawn)
    path.write_text(text, encoding="utf-8")
    if kind != "img":
        return path
    page = folder / "page.html"
    page.write_text('<body style="margin:0"><img src="fleet.svg" width="720"/></body>')
    return page
