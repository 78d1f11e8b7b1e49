"""What a driver takes on a card for each process, besides all that llama-server's log shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

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


def driver(device: str) -> Driver:
    """What is known of a device's driver."""
    return next((found for names, found in DRIVERS if device.startswith(names)), OTHERS)


def drivers(cards: Sequence[str], terms: Iterable[Term]) -> Iterator[Term]:
    """One term for each card that holds something."""
    used = {each.device for each in terms if each.size}
    for card in cards:
        found = driver(card)
        if card in used and found.most:
            formula = f"{found.least} to {found.most} MiB for a process: the middle"
            what = "driver, about"
            yield Term(card, "driver", what, found.middle * MIB, formula, found.source)
