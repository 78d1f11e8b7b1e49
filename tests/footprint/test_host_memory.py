"""Main memory: what is loaded, and what grows."""

from __future__ import annotations

import pytest

from llamafleet.capacity.footprint import Footprints
from llamafleet.capacity.footprint.host_memory import host_memory
from tests.footprint.fleets import fleet_of

TEXT = """\
host box {{
    gpus = [card]
    ram = 64GiB
    ram-reserved = 4GiB
}}
model small {{
    gguf = llama
    ctx-size = 8192
    cache-ram = {cache}
}}
model large {{
    gguf = gemma
    ctx-size = 8192
    n-gpu-layers = 0
    ctx-checkpoints = 0
}}
llama-swap s {{
    host = box
    build = cuda
    models = [small, large]
}}
llama-server always {{
    host = box
    build = cuda
    model = small
    replicas = 2
}}
"""
MIB = 1 << 20


@pytest.mark.parametrize("cache", [0, 1024, 4096])
def test_the_worst_of_each_service(cache: int) -> None:
    footprints = Footprints(
        fleet_of(TEXT.format(cache=cache), {"llama": "llama-3.1-8b", "gemma": "gemma-3-27b"})
    )
    found = host_memory(footprints, footprints.fleet.hosts["box"])
    assert found is not None
    assert found.room == 60 << 30
    assert [each.models for each in found.worst] == [("large",), ("small",)]
    assert found.growing == (8192 + 2 * cache) * MIB
    (large,) = footprints.of("s", "large", "box")
    assert large.host_bytes(growing=False) > 14 << 30
    assert found.needs == large.host_bytes(growing=False) + sum(
        each.host_bytes(growing=False) for each in footprints.of("always", "small", "box")
    )
