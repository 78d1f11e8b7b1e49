"""The worst case of a host's main memory."""

from __future__ import annotations

from dataclasses import dataclass

from ...fleet.model import Host
from .footprints import Footprints
from .host import ram_room
from .model import Combination, Footprint


@dataclass(frozen=True, slots=True)
class HostMemory:
    """The worst case of a host, in bytes.

    `needs` is what its models take once they are loaded, `margin` how far that may be off by a rule
    of thumb, `growing` what caches add to it while they work, up to their limits. `worst` are the
    combinations, one a service.
    """

    host: Host
    worst: tuple[Combination, ...]
    needs: int
    growing: int
    room: int
    margin: int = 0

    @property
    def footprints(self) -> tuple[Footprint, ...]:
        """Return the processes of the worst case, the largest first."""
        found = [each for of in self.worst for each in of.footprints]
        return tuple(sorted(found, key=lambda each: -each.host_bytes(growing=True)))


def host_memory(footprints: Footprints, host: Host) -> HostMemory | None:
    """Return the worst case of a host; None where the size of its memory is not known."""
    room = ram_room(host)
    if room is None:
        return None
    worst = []
    for service in footprints.fleet.services.values():
        if service.models and host.name in service.hosts:
            together = footprints.together(service.name, host.name)
            worst.append(max(together, key=_taken, default=None))
    there = tuple(each for each in worst if each is not None)
    needs = sum(_taken(each, growing=False) for each in there)
    off = sum(each.ram_margin for combination in there for each in combination.footprints)
    return HostMemory(host, there, needs, sum(map(_taken, there)) - needs, room, off)


def _taken(combination: Combination, *, growing: bool = True) -> int:
    return sum(each.host_bytes(growing=growing) for each in combination.footprints)
