"""What a driver takes on a card for each process, besides all that llama-server's log shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...dataclasses import dataclass
from .terms import MIB, Term

CUDA = "a context, kernels and cuBLAS: ggml-org/llama.cpp pull requests 15860 and 23604"


@dataclass(frozen=True, slots=True)
class Driver:
    """The middle of what was seen, and from where to where, in MiB."""

    middle: int
    least: int
    most: int
    source: str


DRIVERS: tuple[tuple[tuple[str, ...], Driver], ...] = (
    (("RPC",), Driver(0, 0, 0, "the other end has it")),
    (("Vulkan",), Driver(100, 50, 150, "an instance, pipelines and staging: seen with Mesa's")),
    (("SYCL",), Driver(250, 100, 400, "not measured: taken to be between Vulkan and CUDA")),
    (("MTL", "Metal"), Driver(50, 0, 100, "not measured: memory is the host's")),
    (("ROCm", "HIP"), Driver(325, 250, 400, "not measured: taken to be as with CUDA")),
    (("CUDA",), Driver(325, 250, 400, CUDA)),
)
"""By how names of devices begin. The context alone took 107 MiB on a card with few cores, 555 MiB
on one with very many."""

OTHERS = Driver(325, 0, 550, "not measured: taken to be as with CUDA")

CONTEXTS = ("CUDA", "ROCm", "HIP", "MUSA")
"""A process that asks one of these for its memory holds a context there from then on; so far none
was seen to cost anything on the others."""

OPENED = Driver(280, 205, 355, "a context alone: ggml-org/llama.cpp issue 8827, 260 MiB on a 3090")
"""On a card that has no share: llama-server asks each that it may use how much is free."""

VISIBLE = Driver(150, 0, 300, "a context, if one is opened: ggml-org/llama.cpp issue 8827")
"""On a card that is seen while --device names others: b11434 need not open it, others do."""


def driver(device: str) -> Driver:
    """What is known of a device's driver."""
    return next((found for names, found in DRIVERS if device.startswith(names)), OTHERS)


def drivers(
    cards: Sequence[str], asked: Sequence[str] | None, terms: Iterable[Term]
) -> Iterator[Term]:
    """One term for each card that holds something, or only the context of a process that sees it.

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
