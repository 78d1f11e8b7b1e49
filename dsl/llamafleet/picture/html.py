"""A picture as a page of its own: the drawing, and the same in numbers below it."""

from __future__ import annotations

from collections.abc import Iterator

from . import words
from .contents import Bar, Contents
from .shapes import Picture
from .style import COLOURS, FONT
from .svg import drawing
from .xml import element, escaped

LAYOUT = f"""\
body{{margin:0;font:14px {FONT}}}
main{{overflow-x:auto}}
svg{{display:block;margin:0 auto}}
#whole:checked~main svg{{width:100%;height:auto}}
#whole{{margin:16px 8px 0 28px}}
details{{padding:16px 28px 28px}}
summary{{cursor:pointer}}
table{{border-collapse:collapse;margin-top:12px}}
th,td{{padding:4px 16px 4px 0;text-align:left;border-bottom:1px solid}}
td.n{{text-align:right;font-variant-numeric:tabular-nums}}
"""
COLUMNS = ("host", "service", "state", "memory", "taken", "size", "too much")


def to_html(picture: Picture, contents: Contents) -> str:
    """Return the text of an HTML file that needs no other file."""
    head = (
        '<meta charset="utf-8"/>',
        '<meta name="viewport" content="width=device-width"/>',
        element("title", [escaped(picture.title)]),
        element("style", [_style()]),
    )
    body = (
        '<input type="checkbox" id="whole"/><label for="whole">as wide as the window</label>\n',
        element("main", [drawing(picture)]),
        "\n",
        element("details", ["<summary>in numbers</summary>", _table(contents)]),
    )
    page = element("html", [element("head", head), "\n", element("body", body)], lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _style() -> str:
    light, dark = COLOURS["light"], COLOURS["dark"]
    return (
        f"{LAYOUT}body{{background:{light['page']};color:{light['text']}}}"
        f"td,th{{border-color:{light['edge']}}}\n@media (prefers-color-scheme:dark){{"
        f"body{{background:{dark['page']};color:{dark['text']};color-scheme:dark}}"
        f"td,th{{border-color:{dark['edge']}}}}}"
    )


def _table(contents: Contents) -> str:
    head = element("tr", [element("th", [each]) for each in COLUMNS])
    return element("table", [element("thead", [head]), element("tbody", _rows(contents))])


def _rows(contents: Contents) -> Iterator[str]:
    for host in contents.hosts:
        for bar in host.idle:
            yield _row(host.name, "", "", bar)
        for block in host.blocks:
            for state in block.states:
                for bar in state.bars:
                    yield _row(host.name, block.service, state.name, bar)


def _row(host: str, service: str, state: str, bar: Bar) -> str:
    texts = (host, service, state, f"{bar.name} {bar.what}".strip())
    numbers = (
        words.exact(bar.used) + (" and what is unknown" if bar.unknown else ""),
        "unknown" if bar.capacity is None else words.exact(bar.capacity),
        words.exact(bar.over) if bar.over else "",
    )
    cells = [element("td", [escaped(text)]) for text in texts]
    cells += [element("td", [escaped(text)], class_="n") for text in numbers]
    return element("tr", cells)
