"""Text of a fleet is data: a parser of XML reads back exactly what was drawn, whatever it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.picture import layout, to_html, to_svg
from llamafleet.picture.shapes import Box, Group, Label, Picture, Shape
from llamafleet.picture.xml import REPLACEMENT, element, escaped
from tests.picture import handmade

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "g", "title", "desc", "style", "defs", "pattern", "rect", "path", "text"}
ATTRIBUTES = {
    "viewBox", "width", "height", "class", "role", "aria-label", "x", "y", "rx", "d", "id",
    "patternUnits", "stroke-width", "textLength", "lengthAdjust",
}  # fmt: skip
FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

texts = st.text(
    st.one_of(
        st.characters(codec=None), st.sampled_from("<>&\"'\t\n\r;=/-![]\x00\x1b\u2028\ufffe\ud800")
    ),
    max_size=40,
)


def allowed(text: str) -> str:
    """What XML can hold of a text."""
    return FORBIDDEN.sub(REPLACEMENT, text)


@given(texts)
def test_a_text_comes_back_from_an_element_and_an_attribute(text: str) -> None:
    found = ElementTree.fromstring(element("a", [escaped(text)], b_c=f"x{text}"))
    assert (found.text or "") == allowed(text)
    assert found.get("b-c") == f"x{allowed(text)}"


def texts_of(shapes: tuple[Shape, ...]) -> Iterator[str]:
    """Every text of a picture: labels, titles, and what is read out."""
    for shape in shapes:
        match shape:
            case Label():
                yield from filter(None, (shape.text, shape.whole))
            case Box() if shape.title:
                yield shape.title
            case Group():
                yield from filter(None, (shape.title, shape.label))
                yield from texts_of(shape.items)


def read_back(root: ElementTree.Element) -> Counter[str]:
    """The same, as a parser of XML finds it."""
    found: Counter[str] = Counter()
    for each in root.iter():
        tag = each.tag.removeprefix(SVG)
        assert tag in TAGS
        assert set(each.keys()) <= ATTRIBUTES
        if tag in ("text", "title") and each.text:
            found[each.text] += 1
        if tag == "g" and "aria-label" in each.keys():  # noqa: SIM118 (an Element)
            found[each.get("aria-label") or ""] += 1
    return found


def check(picture: Picture) -> ElementTree.Element:
    """A picture as SVG has its texts and nothing else."""
    root = ElementTree.fromstring(to_svg(picture))
    want = Counter(map(allowed, texts_of(picture.items)))
    found = read_back(root)
    # The picture's own title, and arrows', which are read out and shown.
    extra = found - want
    assert not want - found
    assert set(extra) <= {allowed(picture.title)} | {each for each in found if "→" in each}
    return root


@settings(max_examples=25, deadline=None)
@given(st.lists(texts, min_size=1, max_size=8).map(tuple))
def test_whatever_names_are_they_are_only_text(names: tuple[str, ...]) -> None:
    contents = handmade.renamed(handmade.EVERYTHING, names)
    picture = layout(contents)
    harmless = ElementTree.fromstring(to_svg(picture))
    check(picture)
    page = ElementTree.fromstring(to_html(picture, contents).removeprefix("<!DOCTYPE html>"))
    cells = Counter(each.text or "" for each in page.iter("td"))
    for machine in contents.hosts:
        for block in machine.blocks:
            for state in block.states:
                assert cells[allowed(state.name)] >= len(state.bars)
    assert len(list(page.iter(f"{SVG}text"))) == len(list(harmless.iter(f"{SVG}text")))
    assert not [each for each in page.iter() if each.tag.endswith("script")]


@pytest.mark.parametrize("kind", ["svg", "html"])
def test_nothing_comes_from_elsewhere_and_nothing_runs(kind: str) -> None:
    contents = handmade.renamed(handmade.EVERYTHING, handmade.ODD)
    picture = layout(contents)
    text = to_svg(picture) if kind == "svg" else to_html(picture, contents)
    assert "<script" not in text
    assert not re.search(r"\s(href|src|on\w+)=", text)
    assert set(re.findall(r"url\(([^)]*)\)", text)) == {
        "#fleet-map-reserved",
        "#fleet-map-unknown",
        "#fleet-map-beyond",
    }
    assert set(re.findall(r"https?://[^\"<]*", text)) <= {"http://www.w3.org/2000/svg"}
    assert "@import" not in text
