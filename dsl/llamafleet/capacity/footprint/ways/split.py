"""Another split over the cards that it is on."""

from __future__ import annotations

from math import gcd

from ..changed import moved, with_split
from .case import Case, Way

MOST_TRIES = 16


def split(case: Case) -> Way | None:
    """Shares of layers by what is free on each card, moved until none is too full."""
    estimate = case.own[0].estimate
    model = case.model
    spread = len(case.own) == 1 and estimate is not None and case.own[0].spread
    if not spread or model.flag("split-mode") not in (None, "layer"):
        return None
    cards = list(range(len(case.found.host.gpus)) if model.gpus is None else model.gpus)
    shares = _by_free(case, cards)
    for _ in range(MOST_TRIES if shares else 0):
        left = case.left(with_split(model, shares))
        if left is not None:
            common = gcd(*shares)
            listed = ", ".join(str(share // common) for share in shares)
            return Way(model.name, f"tensor-split = [{listed}]", left)
        if not moved(shares, _spare(case, cards, shares)):
            return None
    return None


def _by_free(case: Case, cards: list[int]) -> list[int]:
    """As many shares as there are layers, the output counted as one, by free memory."""
    facts = case.footprints.fleet.facts.get(case.model.gguf or "")
    layers = (facts.integer("block_count") or 0) + 1 if facts else 0
    free = [case.free()[card] for card in cards]
    if layers < len(cards) or not all(free):
        return []
    shares = [max(1, layers * each // sum(free)) for each in free]
    shares[free.index(max(free))] += layers - sum(shares)
    return shares if min(shares) > 0 else []


def _spare(case: Case, cards: list[int], shares: list[int]) -> list[int]:
    """Bytes that are left on each card for certain."""
    name, host = case.found.service.name, case.found.host.name
    (own, *_) = case.footprints.variant(name, with_split(case.model, shares), host)
    free = case.free()
    return [free[card] - case.off[card] - own.on(card) - own.off(card) for card in cards]
