"""Another split over the cards that it is on."""

from __future__ import annotations

from math import gcd

from ..changed import moved, with_split
from .candidate import Candidate, Remedy

MOST_TRIES = 16
MOST_LAYERS = 1024
"""The layers of all tries together: each try lays out the graph of every layer."""


def split(candidate: Candidate) -> Remedy | None:
    """Split layers by free memory, moved until no card is too full; None if that fails."""
    estimate = candidate.own[0].estimate
    model = candidate.model
    spread = len(candidate.own) == 1 and estimate is not None and candidate.own[0].spread
    if not spread or model.flag("split-mode") not in (None, "layer"):
        return None
    cards = list(range(len(candidate.found.host.gpus)) if model.gpus is None else model.gpus)
    shares = _by_free(candidate, cards)
    for _ in range(min(MOST_TRIES, MOST_LAYERS // sum(shares)) if shares else 0):
        left = candidate.left(with_split(model, shares))
        if left is not None:
            common = gcd(*shares)
            listed = ", ".join(str(share // common) for share in shares)
            return Remedy(model.name, f"tensor-split = [{listed}]", left)
        spare = _spare(candidate, cards, shares)
        # Moving layers takes from one card what it gives to another.
        if sum(spare) < 0 or not moved(shares, spare):
            return None
    return None


def _by_free(candidate: Candidate, cards: list[int]) -> list[int]:
    """As many shares as there are layers, the output counted as one, by free memory."""
    facts = candidate.footprints.fleet.facts.get(candidate.model.gguf or "")
    layers = (facts.integer("block_count") or 0) + 1 if facts else 0
    free = [candidate.free()[card] for card in cards]
    if layers < len(cards) or not all(free):
        return []
    shares = [max(1, layers * each // sum(free)) for each in free]
    shares[free.index(max(free))] += layers - sum(shares)
    return shares if min(shares) > 0 else []


def _spare(candidate: Candidate, cards: list[int], shares: list[int]) -> list[int]:
    """Bytes that are left on each card for certain."""
    name, host = candidate.found.service.name, candidate.found.host.name
    (own, *_) = candidate.footprints.variant(name, with_split(candidate.model, shares), host)
    free = candidate.free()
    return [
        free[card] - candidate.margins[card] - own.bytes_on(card) - own.margin_on(card)
        for card in cards
    ]
