"""The style, light and dark, as CSS that any SVG renderer understands.

Text is readable on what it stands on: the ratio of contrast is 4.5 or better everywhere; a test
holds a real browser to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import cos, pi, sin

from .place import BOLD, SIZES

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

HUES = (255, 150, 310, 85, 200, 345, 120, 280, 60, 175)
"""Degrees around the colour wheel, for one model after the other; red is for what is too much."""

# Lightness and colourfulness (OKLCH) of the shades.
SHADES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "light": {
        "weights": (0.76, 0.115), "kv": (0.86, 0.075), "compute": (0.925, 0.04),
        "whole": (0.81, 0.09),
    },
    "dark": {
        "weights": (0.74, 0.115), "kv": (0.60, 0.095), "compute": (0.45, 0.065),
        "whole": (0.67, 0.1),
    },
}  # fmt: skip

COLOURS: Mapping[str, Mapping[str, str]] = {
    "light": {
        "page": "#eef1f6", "panel": "#ffffff", "edge": "#d5dbe6", "block": "#f6f8fb",
        "rule": "#dfe4ed", "text": "#141a28", "muted": "#566074", "track": "#e4e9f1",
        "frame": "#8b95a9", "reserved": "#c3cad7", "hatch": "#a3acbd", "beside": "#cfd5e0",
        "driver": "#b4bccb", "unknown": "#f1f3f8", "stripe": "#d3d9e4", "red": "#e5484d",
        "redder": "#c62a30", "toomuch": "#b4232a", "tight": "#875100", "fits": "#1b7340",
        "door": "#e9ecfb", "dooredge": "#aab4ea", "arrow": "#5a68c8", "onkv": "#141a28",
        "oncompute": "#141a28", "onweights": "#0b101b", "ondriver": "#141a28",
    },
    "dark": {
        "page": "#0a0e17", "panel": "#121826", "edge": "#26304a", "block": "#182032",
        "rule": "#2a3550", "text": "#e9edf6", "muted": "#9fabc2", "track": "#0c111d",
        "frame": "#64718e", "reserved": "#2c364d", "hatch": "#46536f", "beside": "#39445d",
        "driver": "#4a566f", "unknown": "#171e2e", "stripe": "#2d384f", "red": "#e5484d",
        "redder": "#ff8086", "toomuch": "#ff8f94", "tight": "#f3bd57", "fits": "#62cf93",
        "door": "#1c2347", "dooredge": "#4b5ab0", "arrow": "#8f9cf0", "onkv": "#04060b",
        "oncompute": "#f3f5fb", "onweights": "#04060b", "ondriver": "#f3f5fb",
    },
}  # fmt: skip

# What a rectangle or a line looks like: properties of CSS, and the colours' names.
LOOKS: tuple[tuple[str, str], ...] = (
    ("rect.page", "fill:page"),
    ("rect.panel", "fill:panel;stroke:edge"),
    ("rect.block", "fill:block;stroke:rule"),
    ("rect.rule", "fill:rule"),
    ("rect.door", "fill:door;stroke:dooredge"),
    ("rect.track", "fill:track"),
    ("rect.frame", "fill:none;stroke:frame"),
    ("rect.beside", "fill:beside"),
    ("rect.driver", "fill:driver"),
    ("rect.end", "fill:redder"),
    ("rect.ruler", "fill:muted"),
    ("path.arrow", "fill:none;stroke:arrow"),
    ("path.head", "fill:arrow"),
    ("rect.p-reserved", "fill:reserved"),
    ("rect.p-unknown", "fill:unknown"),
    ("rect.p-beyond", "fill:red"),
    ("path.s-reserved", "stroke:hatch"),
    ("path.s-unknown", "stroke:stripe"),
    ("path.s-beyond", "stroke:redder"),
)
TEXTS: tuple[tuple[str, str], ...] = (
    ("heading host service door state card chip sum on-unknown on-beside", "text"),
    ("summary legend footer hardware address kind way more word what left size unknown", "muted"),
    ("over toomuch", "toomuch"),
    ("tight", "tight"),
    ("fits", "fits"),
    ("on-weights on-whole", "onweights"),
    ("on-kv", "onkv"),
    ("on-compute", "oncompute"),
    ("on-driver", "ondriver"),
)

PATTERNS = ("reserved", "unknown", "beyond")
"""Looks that are hatched."""

FIXED = """\
.fleet-map text{font-family:%s;white-space:pre}
.fleet-map text.end-at{text-anchor:end}
.fleet-map rect.open{stroke-dasharray:4 3}
.fleet-map rect.torn{stroke:none}
.fleet-map path.arrow{stroke-width:2;stroke-linejoin:round}
.fleet-map rect.reserved{fill:url(#fleet-map-reserved)}
.fleet-map rect.unknown{fill:url(#fleet-map-unknown)}
.fleet-map rect.beyond{fill:url(#fleet-map-beyond)}
"""


def css(hues: Iterable[int]) -> str:
    """Return the style of a picture whose models have these hues."""
    used = sorted({hue % len(HUES) for hue in hues})
    lines = [FIXED % FONT, *_fonts(), *_colours("light", used)]
    lines += ["@media (prefers-color-scheme:dark){", *_colours("dark", used), "}"]
    return "\n".join(line.strip() for line in lines)


def hue_class(hue: int) -> str:
    """Return the CSS class of a model's hue."""
    return f"h{hue % len(HUES)}"


def colour(scheme: str, hue: int, shade: str) -> str:
    """Return the colour of a shade of a model, `#8fb4ff`."""
    lightness, chroma = SHADES[scheme][shade]
    return _hex(lightness, chroma, HUES[hue % len(HUES)] * pi / 180)


def _fonts() -> Iterator[str]:
    for kind, size in SIZES.items():
        weight = ";font-weight:700" if kind in BOLD else ""
        yield f".fleet-map text.{kind}{{font-size:{size}px{weight}}}"


def _colours(scheme: str, hues: Iterable[int]) -> Iterator[str]:
    names = COLOURS[scheme]
    for selector, look in LOOKS:
        pairs = (pair.split(":") for pair in look.split(";"))
        rules = ";".join(f"{key}:{names.get(name, name)}" for key, name in pairs)
        yield f".fleet-map {selector}{{{rules}}}"
    for kinds, name in TEXTS:
        selectors = ",".join(f".fleet-map text.{kind}" for kind in kinds.split())
        yield f"{selectors}{{fill:{names[name]}}}"
    for hue in hues:
        for shade in SHADES[scheme]:
            grows = f",.fleet-map .h{hue} rect.grows" if shade == "kv" else ""
            fill = colour(scheme, hue, shade)
            yield f".fleet-map .h{hue} rect.{shade}{grows}{{fill:{fill}}}"


def _hex(lightness: float, chroma: float, angle: float) -> str:
    """OKLCH as sRGB, cut off at its limits (https://bottosson.github.io/posts/oklab/)."""
    a, b = chroma * cos(angle), chroma * sin(angle)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    near = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * near,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * near,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * near,
    )
    return "#" + "".join(f"{_byte(each):02x}" for each in linear)


def _byte(linear: float) -> int:
    value = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * min(1.0, max(0.0, value)))
