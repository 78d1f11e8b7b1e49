"""Unique names that the language can hold."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

LONGEST = 60


class Names:
    """Allocates bare words: the wanted one if it is free, else with a number appended."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)

    def take(self, wanted: str) -> str:
        """Return a free name like `wanted`, and mark it as taken."""
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", wanted).strip("-._")[:LONGEST] or "x"
        stem = stem if stem[0].isalpha() else f"x{stem}"
        name, number = stem, 2
        while name in self._taken:
            name, number = f"{stem}-{number}", number + 1
        self._taken.add(name)
        return name


def of_weights(path: str) -> str:
    """Return a name for a file of weights."""
    return PurePosixPath(path).name.removesuffix(".gguf").lower()
