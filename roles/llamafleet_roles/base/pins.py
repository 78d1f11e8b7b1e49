"""Compare the cards that a fleet file names in gpu-ids with those of the machine. Pure."""

from __future__ import annotations

from llamafleet.machine import Gpu, MachineFacts
from llamafleet_roles.base.gpus import DeclaredGpus


def pin_mismatch(
    host: str, declared: DeclaredGpus, ids: tuple[str, ...], machine: MachineFacts
) -> str | None:
    """Return a message if a pinned card is not there or is another one than declared, else None."""
    taken: dict[str, int] = {}
    for index, ((vendor, arch), name) in enumerate(zip(declared, ids, strict=False)):
        gpu = next((each for each in machine.gpus if name in (each.uuid, each.pci)), None)
        if gpu is None:
            return (
                f"the fleet file pins GPU {index} of {host} to {name}, but the machine has "
                f"{_shown(machine)}: correct gpu-ids = [...] of this host, or put the card back"
            )
        other = taken.setdefault(gpu.pci or name, index)
        if other != index:
            return f"gpu-ids of {host} names one card twice, as GPU {other} and GPU {index}: {name}"
        if gpu.vendor != vendor or (arch and gpu.arch and gpu.arch != arch.rstrip("a")):
            kind = gpu.arch or gpu.vendor
            return (
                f"the fleet file declares GPU {index} of {host} as {arch or vendor}, but {name} is "
                f"{kind} ({gpu.name or 'without a name'}): correct gpus or gpu-ids of this host"
            )
    return None


def pinned(ids: tuple[str, ...], machine: MachineFacts) -> tuple[Gpu, ...]:
    """Return the cards of a machine that are pinned."""
    return tuple(gpu for gpu in machine.gpus if gpu.uuid in ids or gpu.pci in ids)


def _shown(machine: MachineFacts) -> str:
    """Return the cards that are there, each by what it can be pinned by."""
    cards = [
        f"{gpu.name or gpu.arch or gpu.vendor} with {gpu.uuid or 'an unknown UUID'} at {gpu.pci}"
        for gpu in machine.gpus
    ]
    return "; ".join(cards) or "no GPU at all"
