"""Measured footprints in the place of computed ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...lock.measured import Buffers, Measured
from ..memory.terms import HOST, MIB
from .cards import VisibleGpu
from .margin import MEASURED as MARGIN
from .model import MEASURED, Footprint, Part

KINDS = ("weights", "kv", "recurrent", "compute", "output")


def as_measured(computed: Footprint, found: Measured, gpus: tuple[VisibleGpu, ...]) -> Footprint:
    """Return a footprint with the measured buffers of each GPU; the rest stays computed.

    Caches that grow while a server works have no size when it has just been loaded.
    """
    cards = tuple(
        _card(computed, found, each)
        for each in gpus
        if _taken(found, each) or _only_sees(computed, each)
    )
    grown = tuple(part for part in computed.ram if part.kind == "other")
    ram = tuple(_parts(found.devices[HOST])) if HOST in found.devices else ()
    return replace(
        computed,
        cards=cards,
        ram=(*ram, *grown) if ram else computed.ram,
        margins=tuple(_margin(computed, index, parts) for index, parts in cards),
        ram_margin=0,
        known=MEASURED,
        why="",
    )


def _taken(found: Measured, gpu: VisibleGpu) -> bool:
    buffers = found.devices.get(gpu.device.name)
    return buffers is not None and buffers.total > 0


def _only_sees(computed: Footprint, gpu: VisibleGpu) -> bool:
    """Return True if a process has only its driver's context on a GPU."""
    own = dict(computed.cards).get(gpu.index, ())
    return bool(own) and all(part.kind == "driver" for part in own)


def _margin(computed: Footprint, card: int, parts: tuple[Part, ...]) -> tuple[int, int]:
    """A measurement's own; of a context that nobody measured, the computed one."""
    if parts == dict(computed.cards).get(card):
        return card, computed.margin_on(card)
    return card, int(MARGIN * sum(part.size for part in parts))


def _card(computed: Footprint, found: Measured, gpu: VisibleGpu) -> tuple[int, tuple[Part, ...]]:
    buffers = found.devices.get(gpu.device.name, Buffers())
    driver = _driver(computed, found, gpu, buffers)
    parts = tuple(_parts(buffers))
    return gpu.index, (*parts, Part("driver", driver)) if driver else parts


def _driver(computed: Footprint, found: Measured, gpu: VisibleGpu, buffers: Buffers) -> int:
    """Return the bytes that the GPU reports beyond the buffers, else the computed ones."""
    # Processes of one card each are measured once, on one of the cards.
    reported = found.gpus.get(gpu.index)
    if reported is None and len(found.gpus) == 1 and buffers.total:
        (reported,) = found.gpus.values()
    if reported is not None:
        return max(0, int((reported - buffers.total) * MIB))
    own = dict(computed.cards).get(gpu.index, ())
    return sum(part.size for part in own if part.kind == "driver")


def _parts(buffers: Buffers) -> Iterator[Part]:
    for kind in KINDS:
        size = int(getattr(buffers, kind) * MIB)
        if size:
            yield Part(kind, size)
    rest = buffers.total - sum(getattr(buffers, kind) for kind in KINDS)
    if rest > 0.01:
        yield Part("whole", int(rest * MIB))
