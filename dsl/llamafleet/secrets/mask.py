"""Texts with stars in the place of every secret, for what is printed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .find import in_text

SHORTEST = 4
LONG = 8
"""Letters of a value that is looked for by itself, and of one that is even inside of words."""


def masked(text: str, values: Iterable[str] = (), word: str = "") -> str:
    """Return the text with `word` for each secret, or with as many stars as it has letters.

    `values` are secrets that are known already, wherever they stand. Lines stay lines.
    """
    text = without_values(text, values, word)
    for each in reversed(in_text(text)):
        instead = word or _stars(text[each.start : each.end])
        text = text[: each.start] + instead + text[each.end :]
    return text


def without_values(text: str, values: Iterable[str], word: str = "") -> str:
    """Return the text with stars for values that are known; a short one counts as a whole word."""
    for value in sorted(set(values), key=len, reverse=True):
        if len(value) >= LONG:
            text = text.replace(value, word or _stars(value))
        elif len(value) >= SHORTEST and value in text:
            pattern = rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])"
            text = re.sub(pattern, word or _stars(value), text)
    return text


def values_in(text: str) -> tuple[str, ...]:
    """Return the secrets of a text themselves."""
    return tuple(text[each.start : each.end] for each in in_text(text))


def _stars(text: str) -> str:
    return "".join("\n" if each == "\n" else "*" for each in text)
