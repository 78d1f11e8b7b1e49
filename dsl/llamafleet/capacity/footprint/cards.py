"""The cards that a process sees, as its llama-server names them."""

from __future__ import annotations

from typing import TypeAlias

from ...backends import backend, backend_of_vendor
from ...dataclasses import dataclass
from ...fleet.model import Build, Host
from ..memory import Device
from .host import room

UNKNOWN = 1 << 50
"""Memory of a card that does not say how much it has: every placement fits."""


@dataclass(frozen=True, slots=True)
class VisibleGpu:
    """A GPU of the host, by its index there, and as the process sees it."""

    index: int
    device: Device


Free: TypeAlias = "tuple[int | None, ...]"
"""Bytes that are free on each card of a host when a process starts, by device index."""


def cards_of(
    build: Build | None, host: Host, devices: tuple[int, ...] | None, free: Free | None = None
) -> tuple[VisibleGpu, ...]:
    """Return the GPUs visible to a process; its own numbers start at 0."""
    prefix = _prefix(build, host)
    if prefix is None:
        return ()
    indices = range(len(host.gpus)) if devices is None else devices
    free = room(host) if free is None else free
    there = [index for index in indices if index < len(host.gpus)]
    # Without a tensor-split llama-server goes by what is free.
    return tuple(
        VisibleGpu(index, Device(f"{prefix}{number}", free[index] or UNKNOWN))
        for number, index in enumerate(there)
    )


def _prefix(build: Build | None, host: Host) -> str | None:
    if build is not None:
        return backend(build.backend).device
    stack = backend_of_vendor(host.gpus[0].vendor) if host.gpus else None
    return stack.device if stack else None
