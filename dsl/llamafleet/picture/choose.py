"""The choice of combinations to draw, and their titles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..capacity.footprint import Combination
from ..fleet.model import Host, Service
from ..fleet.service import GROUPS, swaps

OF_A_SET, OF_A_SERVICE = 4, 12
"""So many combinations of a set, and of a service, are drawn: those that fill a card most."""


def distinct(found: Iterable[Combination]) -> tuple[Combination, ...]:
    """Return each combination of a set once, regardless of the order of its models."""
    once: dict[tuple[str, frozenset[str]], Combination] = {}
    for each in found:
        once.setdefault((each.name, frozenset(each.models)), each)
    return tuple(once.values())


def most_telling(found: Sequence[Combination], host: Host) -> Iterable[int]:
    """Return indices of the combinations to draw: those of each set that fill a card most."""
    full = [_fullest(each, host) for each in found]
    order = sorted(range(len(found)), key=lambda i: (-full[i], i))
    taken: dict[str, int] = {}
    chosen = []
    for i in order:
        taken[found[i].name] = taken.get(found[i].name, 0) + 1
        if taken[found[i].name] <= OF_A_SET:
            chosen.append(i)
    return chosen[:OF_A_SERVICE]


def _fullest(combination: Combination, host: Host) -> float:
    if not host.gpus:
        return sum(each.host_bytes(growing=False) for each in combination.footprints)
    cards = range(len(host.gpus))
    return max(combination.bytes_on(card) / (host.gpus[card].vram or 1) for card in cards)


def called(combination: Combination, service: Service) -> tuple[str, str]:
    """Return the kind of name that a combination has, and the name."""
    if not swaps(service):
        return "", "always there"
    if combination.name == GROUPS:
        return "", GROUPS
    if combination.models == (combination.name,):
        return "", "alone"
    return "set", combination.name
