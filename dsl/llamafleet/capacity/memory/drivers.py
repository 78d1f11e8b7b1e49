"""Memory that a driver takes on a card for each process; llama-server's log does not show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...backends import BACKENDS
from ...backends.driver import Driver
from .terms import MIB, Term

DRIVERS: tuple[tuple[str, Driver], ...] = (
    ("RPC", Driver(0, 0, 0, "the other end has it")),
    ("MTL", Driver(50, 0, 100, "not measured: memory is the host's")),
    ("Metal", Driver(50, 0, 100, "not measured: memory is the host's")),
    ("HIP", Driver(325, 250, 400, "not measured: taken to be as with CUDA")),
    *((each.device, each.driver) for each in BACKENDS if each.device and each.driver),
)
"""By how names of devices begin, also of those that no backend of a build has."""

OTHERS = Driver(325, 0, 550, "not measured: taken to be as with CUDA")

CONTEXTS = ("HIP", "MUSA", *(each.device for each in BACKENDS if each.device and each.contexts))
"""A process that asks one of these for its memory holds a context there from then on; so far none
was seen to cost anything on the others."""

OPENED = Driver(280, 205, 355, "a context alone: ggml-org/llama.cpp issue 8827, 260 MiB on a 3090")
"""On a card that has no share: llama-server asks each that it may use how much is free."""

VISIBLE = Driver(150, 0, 300, "a context, if one is opened: ggml-org/llama.cpp issue 8827")
"""On a card that is seen while --device names others: b11434 need not open it, others do."""


def driver(device: str) -> Driver:
    """Return what is known of a device's driver, by the beginning of its name."""
    return next((found for name, found in DRIVERS if device.startswith(name)), OTHERS)


def drivers(
    cards: Sequence[str], asked: Sequence[str] | None, terms: Iterable[Term]
) -> Iterator[Term]:
    """Yield a term for each card that holds something, or only the context of a process.

    `asked` are the devices that a flag names, None for all that are visible.
    """
    used = {each.device for each in terms if each.size}
    for card in cards:
        if card in used:
            yield from _term(card, "driver, about", driver(card))
        elif card.startswith(CONTEXTS) and asked != ():
            mine = asked is None or card in asked
            yield from _term(card, "driver, without any share", OPENED if mine else VISIBLE)


def _term(card: str, what: str, found: Driver) -> Iterator[Term]:
    if found.most:
        formula = f"{found.least} to {found.most} MiB for a process: the middle"
        off = (found.most - found.least) // 2 * MIB
        yield Term(card, "driver", what, found.middle * MIB, formula, found.source, off)
