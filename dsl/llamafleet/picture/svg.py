"""A picture as SVG: no scripts, nothing from elsewhere, light and dark by its own style."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .shapes import Arrow, Box, Group, Label, Picture, Shape
from .style import PATTERNS, css, hue_class
from .xml import element, escaped

CORNER = 7
"""How round an arrow's corners are."""
HEAD = 8


def to_svg(picture: Picture) -> str:
    """Return the text of an SVG file."""
    return f"{drawing(picture)}\n"


def drawing(picture: Picture) -> str:
    """Return the `svg` element alone, for an HTML page."""
    inside = (
        element("title", [escaped(picture.title)]),
        element("desc", [escaped(picture.description)]),
        element("style", [escaped_style(css(_hues(picture.items)))]),
        element("defs", [_pattern(name) for name in PATTERNS]),
        element("rect", class_="page", width=picture.width, height=picture.height),
        *(f"\n{_written(each)}" for each in picture.items),
    )
    return element(
        "svg",
        inside,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {picture.width} {picture.height}",
        width=picture.width,
        height=picture.height,
        class_="fleet-map",
        role="graphics-document",
        aria_label=f"{picture.title}: {picture.description}",
    )


def escaped_style(text: str) -> str:
    """Return CSS of our own; raises ValueError if it needed escaping."""
    if set("<&") & set(text):
        raise ValueError("a style that XML would read otherwise")
    return text


def _hues(shapes: Iterable[Shape]) -> Iterator[int]:
    for shape in shapes:
        if isinstance(shape, Group):
            if shape.hue is not None:
                yield shape.hue
            yield from _hues(shape.items)


def _pattern(name: str) -> str:
    back = element("rect", class_=f"p-{name}", width=8, height=8)
    lines = element("path", d="M-2 2 2-2M0 8 8 0M6 10 10 6", class_=f"s-{name}", stroke_width=2)
    return element(
        "pattern",
        [back, lines],
        id=f"fleet-map-{name}",
        width=8,
        height=8,
        patternUnits="userSpaceOnUse",
    )


def _written(shape: Shape) -> str:
    match shape:
        case Box():
            return _box(shape)
        case Label():
            return _label(shape)
        case Arrow():
            return _arrow(shape)
    return _group(shape)


def _titled(title: str) -> list[str]:
    return [element("title", [escaped(title)])] if title else []


def _box(box: Box) -> str:
    return element(
        "rect",
        _titled(box.title) or None,
        class_=box.kind,
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        rx=box.radius or None,
    )


def _label(label: Label) -> str:
    return element(
        "text",
        [escaped(label.text), *_titled(label.whole)],
        class_=f"{label.kind} end-at" if label.end else label.kind,
        x=label.x,
        y=label.y,
        textLength=label.room if label.odd else None,
        lengthAdjust="spacingAndGlyphs" if label.odd else None,
    )


def _group(group: Group) -> str:
    role = "img" if group.leaf else "group"
    return element(
        "g",
        [*_titled(group.title), *(_written(each) for each in group.items)],
        class_=hue_class(group.hue) if group.hue is not None else None,
        role=role if group.label else None,
        aria_label=group.label,
    )


def _arrow(arrow: Arrow) -> str:
    x, y = arrow.points[-1]
    tip = f"M{x} {y}l-{HEAD}-5v10z"
    shapes = (
        *_titled(arrow.title),
        element("path", class_="arrow", d=_way(arrow.points)),
        element("path", class_="head", d=tip),
    )
    return element("g", shapes, role="img", aria_label=arrow.title)


def _way(points: tuple[tuple[int, int], ...]) -> str:
    """Straight lines with round corners; it ends inside the head."""
    x, y = points[-1]
    ends = (*points[:-1], (x - HEAD // 2, y))
    words = [f"M{ends[0][0]} {ends[0][1]}"]
    for before, corner, after in zip(ends, ends[1:], ends[2:], strict=False):
        start, stop = _towards(corner, before), _towards(corner, after)
        words.append(f"L{start[0]} {start[1]}Q{corner[0]} {corner[1]} {stop[0]} {stop[1]}")
    return "".join((*words, f"L{ends[-1][0]} {ends[-1][1]}"))


def _towards(corner: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """A point a corner's roundness away from it, at most half of the way."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    far = min(CORNER, (abs(dx) + abs(dy)) // 2)
    return corner[0] + far * _sign(dx), corner[1] + far * _sign(dy)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
