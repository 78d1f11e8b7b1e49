"""The plan of discovered folders: what a rollout compares the host with."""

from __future__ import annotations

from collections.abc import Iterator

from ...fleet.model import Fleet, Host
from ...fleet.observed import ObservedFile
from ...gguf.shards import shards
from ..plan_types import DiscoverPlan
from ..process.command import gguf_path
from .block import LlamaSwap


def discover_plans(service: LlamaSwap, host: Host, fleet: Fleet) -> Iterator[DiscoverPlan]:
    """Yield each folder that a service discovers, with the files that the lock knows of it."""
    declared = tuple(dict.fromkeys(_declared(host, fleet))) if service.discover else ()
    for each in service.discover:
        known: tuple[ObservedFile, ...] | None = None
        observed = fleet.observed.folders.get(service.name, {}).get(each.folder)
        if observed is not None:
            sets = (*observed.models, *observed.projectors)
            known = (*(file for found in sets for file in found.files), *observed.others)
        yield DiscoverPlan(
            service.name, service.unit, each.folder, each.include, each.exclude, declared, known
        )


def _declared(host: Host, fleet: Fleet) -> Iterator[str]:
    """Yield the paths of all weights that the fleet file names."""
    for gguf in fleet.ggufs.values():
        if gguf.found_in is not None:
            continue
        path = gguf_path(gguf, host)
        if gguf.path is None and gguf.files and gguf.file:
            folder = path.removesuffix(gguf.file)
            yield from (f"{folder}{each.file}" for each in gguf.files)
        else:
            yield from shards(path)
