"""Widths of text in whatever sans-serif font is installed.

The numbers are the widest that common fonts have (DejaVu Sans and so Verdana, Arial, Helvetica), so
that a text which fits by them fits everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from unicodedata import east_asian_width

ELLIPSIS = "…"

# Hundredths of the font's size, for regular and for bold letters.
REGULAR = {
    33: " ',.Iijl·", 37: "-/:;\\|f", 42: "()[]tr!", 50: '"*J`', 56: "szc?L_–k", 62: "kvxyFTaeo",
    64: "0123456789$bdghnpqu{}", 70: "ABEKPSVXYZ", 77: "CRUNH", 85: "&DGOQw#+<=>^~×✓✗",
    103: "MmW%@…→",
}  # fmt: skip
BOLD = {
    39: " ',./Iijl|\\·", 46: "!()[]:;-f", 54: '"*`rt', 61: "J_csz–", 66: "?Lxv", 71: "yk$aeEFTo",
    72: "0123456789", 75: "bdghnpqu{}SYZCP", 85: "#+<=>DHN^~AKRVXBUG×✓✗", 94: "&OQw", 106: "@Mm%…→",
    112: "W",
}  # fmt: skip


def _by_letter(table: Mapping[int, str]) -> dict[str, int]:
    return {letter: width for width, letters in table.items() for letter in letters}


_REGULAR, _BOLD = _by_letter(REGULAR), _by_letter(BOLD)
_LATIN_ENDS, _WIDE, _OTHER = "\u052f", 110, 95


def width(text: str, size: int, bold: bool = False) -> int:
    """Return the most pixels that a text takes; letters outside the table have a fixed width."""
    known = _BOLD if bold else _REGULAR
    hundredths = sum(known.get(letter) or _odd_width(letter) for letter in text)
    return -(-hundredths * size // 100)


def odd(text: str) -> bool:
    """Return True if a letter is not in the table: a font may draw it at any width."""
    return not all(letter in _REGULAR for letter in text)


def fit(text: str, room: int, size: int, bold: bool = False) -> str:
    """Return the text, or its beginning with an ellipsis; "" if not even that fits."""
    if width(text, size, bold) <= room:
        return text
    left = room - width(ELLIPSIS, size, bold)
    end = 0
    for letter in text:
        left -= width(letter, size, bold)
        if left < 0:
            break
        end += 1
    shortened = text[:end].rstrip()
    return shortened + ELLIPSIS if shortened else ""


def _odd_width(letter: str) -> int:
    if east_asian_width(letter) in "WF":
        return _WIDE
    return _OTHER if letter <= _LATIN_ENDS else _WIDE
