"""Ways out of an overfull card, one a file, listed in WAYS; each is computed before it is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..footprints import Footprints
from ..overfull import Overfull
from .cache_type import cache_type
from .case import Case, Way, cases
from .experts import experts
from .other_card import other_card
from .pinned import pinned
from .quant import quant
from .shorter_context import shorter_context
from .split import split

WAYS: tuple[Callable[[Case], Way | None], ...] = (
    pinned,
    shorter_context,
    cache_type,
    split,
    other_card,
    experts,
    quant,
)
"""Every way, those first that cost the user least."""

ENOUGH = 4


def ways_out(footprints: Footprints, found: Overfull) -> Iterator[Way]:
    """Changes of one model, each enough by itself; the largest models are asked first."""
    said = 0
    for case in cases(footprints, found):
        for way in WAYS:
            if said == ENOUGH:
                return
            if change := way(case):
                said += 1
                yield change


__all__ = ["WAYS", "Case", "Way", "ways_out"]
