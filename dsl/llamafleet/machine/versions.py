"""Versions of other people's software, compared by their numbers."""

from __future__ import annotations

import re


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with; (0,) where it begins with none.

    `580.65.06` is (580, 65, 6), and so is `580.65.06-0ubuntu1`.
    """
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(each) for each in found[0].split(".")) if found else (0,)
