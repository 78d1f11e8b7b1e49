"""`evict-cost = auto`: what it takes to have a model again, in tenths of a second of loading.

Where the lock has the measured time of a load, that is it. Elsewhere it is one second for the
process to start, and the weights at the speed at which the measured loads of the host read theirs,
or at 1 GiB/s where none was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil

from ...fleet.model import Fleet
from ...lock.measured import measured_of
from ...targets.swap.block import LlamaSwap

START = 1.0
"""Seconds that a process takes before it reads weights."""

SPEED = float(1 << 30)
"""Bytes a second of a disk of which nothing is known."""


def load_costs(service: LlamaSwap, fleet: Fleet) -> Mapping[str, int]:
    """Return the cost of each model of a service in tenths of a second, 1 or more."""
    measured = {name: _measured(fleet, service, name) for name in service.models}
    speed = _speed(service.host, fleet)
    return {
        name: max(1, ceil(10 * (known or START + weight(fleet, name) / speed)))
        for name, known in measured.items()
    }


def weight(fleet: Fleet, name: str) -> int:
    """Return the bytes read from disk when a model loads, 0 where they are not known."""
    model = fleet.models[name]
    files = (gguf for gguf in (model.gguf, model.mmproj, model.draft) if gguf is not None)
    return sum(_size(fleet, gguf) for gguf in files) or model.vram or 0


def _size(fleet: Fleet, name: str) -> int:
    gguf = fleet.ggufs[name]
    sizes = [each.size for each in gguf.files]
    if sizes and None not in sizes:
        return sum(each for each in sizes if each is not None)
    if gguf.size is not None:
        return gguf.size
    facts = fleet.facts.get(name)
    return sum(each.size for each in facts.tensors) if facts else 0


def _measured(fleet: Fleet, service: LlamaSwap, name: str) -> float | None:
    found = measured_of(fleet, service.host, service.name, name)
    return found.load_seconds if found else None


def _speed(host: str, fleet: Fleet) -> float:
    """Bytes a second of all loads that were measured on a host."""
    pairs = [each for each in _loads(host, fleet) if each[0] and each[1] > START]
    seconds = sum(taken - START for _, taken in pairs)
    return sum(size for size, _ in pairs) / seconds if seconds else SPEED


def _loads(host: str, fleet: Fleet) -> Iterator[tuple[int, float]]:
    for service in fleet.services.values():
        for name in service.models if host in service.hosts else ():
            found = measured_of(fleet, host, service.name, name)
            if found is not None and found.load_seconds is not None:
                yield weight(fleet, name), found.load_seconds
