"""What a host has room for."""

from __future__ import annotations

from ...fleet.model import Host


def room(host: Host) -> tuple[int | None, ...]:
    """Bytes of each card that models may use; None where its memory is not said."""
    return tuple(
        None if gpu.vram is None else max(0, gpu.vram - reserved(host, index))
        for index, gpu in enumerate(host.gpus)
    )


def reserved(host: Host, card: int) -> int:
    """Bytes of a card that models never get: by its kind, and by what else the host runs."""
    own = host.gpu_reserved[card] if card < len(host.gpu_reserved) else 0
    return host.gpus[card].reserved + own


def ram_room(host: Host) -> int | None:
    """Bytes of main memory that models may use; None where it is not said."""
    return None if host.ram is None else max(0, host.ram - host.ram_reserved)
