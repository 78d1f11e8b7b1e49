"""MemoryMax of a unit: far above what is needed, below what the host has, or not there."""

from __future__ import annotations

from dataclasses import replace

from llamafleet.capacity.footprint import Footprints
from llamafleet.capacity.footprint.memory_limits import BASE, FACTOR, STEP, memory_limits
from llamafleet.fleet.model import Fleet
from llamafleet.plan import plan_host
from tests.footprint.fleets import fleet_of

TEXT = """\
host box {{
    ram = {ram}
}}
build plain {{
    ref = "b11434"
    backend = cpu
}}
model small {{
    gguf = llama
    ctx-size = 8192
    cache-ram = 1024
{more}}}
model large {{
    gguf = gemma
    ctx-size = 8192
}}
llama-swap s {{
    host = box
    build = plain
    models = [small, large]
}}
llama-server w {{
    host = box
    build = plain
    model = small
    replicas = 2
}}
"""


def fleet(ram: str = "256GiB", more: str = "", lacking: str = "") -> Fleet:
    shapes = {"llama": "llama-3.1-8b", "gemma": "gemma-3-27b"}
    found = fleet_of(TEXT.format(ram=ram, more=more), shapes)
    known = {name: each for name, each in found.facts.items() if name not in lacking.split()}
    return replace(found, facts=known)


def limits(found: Fleet) -> dict[str, int]:
    return dict(memory_limits(found, found.hosts["box"]))


def test_a_limit_is_far_above_what_its_models_need() -> None:
    found = fleet()
    footprints = Footprints(found)
    (small, large) = (footprints.of("s", name, "box")[0] for name in ("small", "large"))
    needs = {each.model: each.host_bytes(growing=True) for each in (small, large)}
    assert needs["small"] > 6 << 30  # the weights are in it, and so is the cache of prompts
    got = limits(found)
    # One model alone, and one that is still leaving while the other comes.
    assert got["w"] >= FACTOR * needs["small"] + BASE
    assert got["s"] >= FACTOR * (needs["large"] * 2) + BASE
    assert all(each % STEP == 0 for each in got.values())


def test_every_unit_carries_the_limit_of_its_service() -> None:
    found = fleet()
    want = limits(found)
    for service in plan_host(found, "box").services:
        for artifact in service.artifacts:
            if artifact.path.endswith(".service"):
                assert f"\nMemoryMax={want[service.name]}\n" in artifact.content


def test_what_is_not_known_has_no_limit() -> None:
    assert limits(fleet(lacking="gemma")).keys() == {"w"}
    assert limits(fleet(lacking="gemma llama")) == {}


def test_what_somebody_wrote_is_no_measure_of_main_memory() -> None:
    assert limits(fleet(more="    vram = 8GiB\n")) == {}


def test_a_limit_above_the_hosts_memory_is_left_out() -> None:
    assert limits(fleet(ram="64GiB")).keys() == {"w"}
    assert limits(fleet(ram="16GiB")) == {}


def test_a_service_on_cards_has_none() -> None:
    text = TEXT.format(ram="256GiB", more="").replace("build = plain", "build = cuda")
    text = text.replace("host box {", "host box {\n    gpus = [card, card]", 1)
    found = fleet_of(text, {"llama": "llama-3.1-8b", "gemma": "gemma-3-27b"})
    assert limits(found) == {}
    [units] = [plan for plan in plan_host(found, "box").services if plan.name == "w"]
    assert all("MemoryMax" not in each.content for each in units.artifacts)
