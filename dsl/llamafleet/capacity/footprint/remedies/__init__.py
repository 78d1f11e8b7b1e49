"""Remedies for an overfull card, one a file, listed in REMEDIES; each is computed first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..footprints import Footprints
from ..overfull import Overfull
from .cache_type import cache_type
from .candidate import Candidate, Remedy, candidates
from .experts import experts
from .other_card import other_card
from .pinned import pinned
from .quant import quant
from .shorter_context import shorter_context
from .split import split

REMEDIES: tuple[Callable[[Candidate], Remedy | None], ...] = (
    pinned,
    shorter_context,
    cache_type,
    split,
    other_card,
    experts,
    quant,
)
"""Every remedy, those first that cost the user least."""

ENOUGH = 4


def find_remedies(footprints: Footprints, found: Overfull) -> Iterator[Remedy]:
    """Yield changes of one model, each enough by itself; the largest models come first."""
    said = 0
    for candidate in candidates(footprints, found):
        for remedy in REMEDIES:
            if said == ENOUGH:
                return
            if change := remedy(candidate):
                said += 1
                yield change


__all__ = ["REMEDIES", "Candidate", "Remedy", "find_remedies"]
