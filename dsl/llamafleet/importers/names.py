"""Names that the language can hold, each once."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

LONGEST = 60


class Names:
    """Hands out bare words: what is asked for if it is free, else with a number behind it."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)

    def take(self, wanted: str) -> str:
        """A free name like `wanted`."""
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", wanted).strip("-._")[:LONGEST] or "x"
        stem = stem if stem[0].isalpha() else f"x{stem}"
        name, number = stem, 2
        while name in self._taken:
            name, number = f"{stem}-{number}", number + 1
        self._taken.add(name)
        return name


def of_weights(path: str) -> str:
    """What to call a file of weights."""
    return PurePosixPath(path).name.removesuffix(".gguf").lower()
