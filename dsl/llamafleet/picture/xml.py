"""The one place where text becomes XML."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ESCAPES = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;",
    # XML would read them as blanks in an attribute, and a return as a line feed anywhere.
    "\t": "&#9;", "\n": "&#10;", "\r": "&#13;",
}  # fmt: skip
_SPECIAL = re.compile("[&<>\"'\t\n\r]")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REPLACEMENT = "\ufffd"


def escaped(text: str) -> str:
    """Return a text escaped for an element or an attribute.

    What XML cannot hold at all, control characters and halves of surrogates, becomes U+FFFD.
    """
    allowed = _FORBIDDEN.sub(REPLACEMENT, text)
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], allowed)


def element(name: str, inside: Iterable[str] | None = None, **attributes: object) -> str:
    """Return an element around XML; attributes that are None or "" are left out.

    `data_x` and `class_` are written `data-x` and `class`.
    """
    words = (
        f' {key.rstrip("_").replace("_", "-")}="{escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None and value != ""
    )
    start = f"<{name}{''.join(words)}"
    return f"{start}/>" if inside is None else f"{start}>{''.join(inside)}</{name}>"
