"""Memory that processes take of a host as a row of numbers: its cards, its main memory last.

Margins are included: what fits by these numbers fits for certain. Caches that grow while a server
works are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ...fleet.model import Host
from .host import ram_room, room
from .model import Footprint

DeviceUsage: TypeAlias = tuple[int, ...]
"""Bytes on each card of a host, and of its memory, which is the last."""


def usage_of(own: Sequence[Footprint], cards: int) -> DeviceUsage:
    """Return the bytes that processes take in each place of a host with so many cards."""
    return (
        *(sum(each.bytes_on(card) + each.margin_on(card) for each in own) for card in range(cards)),
        sum(each.host_bytes(growing=False) + each.ram_margin for each in own),
    )


def worst_usage(states: Iterable[Sequence[Footprint]], cards: int) -> DeviceUsage:
    """Return the most bytes that any of these states takes, place by place; 0 without states."""
    taken = [usage_of(each, cards) for each in states]
    return tuple(map(max, zip(*taken, strict=True))) if taken else (0,) * (cards + 1)


def room_of(host: Host) -> tuple[int | None, ...]:
    """Return the bytes that models may use in each place; None where the size is not known."""
    return (*room(host), ram_room(host))
