"""The memory of a host that models may use."""

from __future__ import annotations

from ...fleet.model import Host


def room(host: Host) -> tuple[int | None, ...]:
    """Return the bytes of each card that models may use; None where its size is not known."""
    return tuple(
        None if gpu.vram is None else max(0, gpu.vram - reserved(host, index))
        for index, gpu in enumerate(host.gpus)
    )


def reserved(host: Host, card: int) -> int:
    """Return the reserved bytes of a card: those of its kind, and what else the host runs."""
    own = host.gpu_reserved[card] if card < len(host.gpu_reserved) else 0
    return host.gpus[card].reserved + own


def ram_room(host: Host) -> int | None:
    """Return the bytes of main memory that models may use; None where its size is not known."""
    return None if host.ram is None else max(0, host.ram - host.ram_reserved)
