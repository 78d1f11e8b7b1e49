"""The most memory of a host that a service may take: what it needs, with a wide margin.

Only for services that compute on the CPU, and only where every part is computed from weights that
are known: a GPU's driver keeps memory of its own in the host, which nobody has measured.

Mapped weights are page cache, which the kernel charges to the unit but takes back first; still they
count in full, for a model whose weights do not stay in memory reads them from disk for each token.
With `mlock` or without `mmap` they cannot be taken back, and count the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...backends import backend
from ...fleet.model import Fleet, Host, Service
from ...fleet.service import swaps
from .footprints import Footprints
from .model import ESTIMATED, MEASURED, Footprint

FACTOR = 2
"""Factor from the estimate to the limit, which guards a host and is no measure."""

BASE = 4 << 30
"""Bytes for llama-swap, buffers of requests and images, and what an allocator keeps."""

STEP = 1 << 30
"""Limits are multiples of this, so that a better estimate seldom restarts a service."""


def memory_limits(fleet: Fleet, host: Host) -> Mapping[str, int]:
    """Return MemoryMax in bytes for the units of each service, without services not known.

    A limit above the host's own memory is left out, for it would change nothing.
    """
    footprints = Footprints(fleet)
    found: dict[str, int] = {}
    for service in fleet.services.values():
        if service.models and host.name in service.hosts and _on_cpu(fleet, service):
            limit = _limit(footprints, service, host)
            if limit is not None and (host.ram is None or limit < host.ram):
                found[service.name] = limit
    return found


def _on_cpu(fleet: Fleet, service: Service) -> bool:
    """Return True if every model of a service is run by builds that compute on the CPU alone."""
    builds = all(backend(fleet.builds[name].backend).device is None for name in service.builds)
    return builds and all(fleet.models[name].needs_build for name in service.models)


def _limit(footprints: Footprints, service: Service, host: Host) -> int | None:
    alone = [
        max((_needs(each) for each in footprints.of(service.name, name, host.name)), default=-1)
        for name in service.models
    ]
    if min(alone) < 0:
        return None
    # Each process of a llama-server is a unit by itself; where models share one, one of them may
    # still be leaving while the next one comes.
    needs = max(alone)
    if swaps(service) or len(service.models) > 1:
        together = footprints.together(service.name, host.name)
        needs += max((sum(map(_needs, each.footprints)) for each in together), default=sum(alone))
    return -(-(FACTOR * needs + BASE) // STEP) * STEP


def _needs(footprint: Footprint) -> int:
    """Bytes of the host's memory, caches grown; negative where that is not known."""
    estimate = footprint.estimate
    if footprint.known not in (ESTIMATED, MEASURED) or estimate is None or footprint.uses:
        return -1
    if any(term.unbuilt for term in estimate.terms):
        return -1
    return footprint.host_bytes(growing=True)
