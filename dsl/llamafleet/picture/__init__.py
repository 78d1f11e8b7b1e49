"""A fleet as a picture: hosts, their cards to scale, and what may be in them together.

`gather` takes from the fleet what is shown (`contents`), `layout` gives it places (`shapes`), and
`svg` and `html` write it down; `xml` is where text is escaped.
"""

from .gather import gather
from .html import to_html
from .layout import layout
from .svg import to_svg

__all__ = ["gather", "layout", "to_html", "to_svg"]
