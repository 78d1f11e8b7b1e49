"""From a fleet to bytes on the cards of its hosts."""

from __future__ import annotations

from dataclasses import replace

from llamafleet.capacity.footprint import Footprints
from llamafleet.capacity.memory import Device, Estimate, Flags
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.capacity.memory.terms import MIB
from llamafleet.fleet.model import Fleet
from llamafleet.lock.measured import Buffers, Measured
from llamafleet.lock.measurement_key import measurement_key
from tests.footprint.fleets import facts, fleet_of
from tests.lock.measurements import with_measured

HOST = """\
host box {
    gpus = [card, small]
    gpu-reserved = [1GiB]
}
"""
MODEL = """\
model chat {
    gguf = w
    ctx-size = 8192
}
"""
SWAP = """\
llama-swap s {
    host = box
    build = cuda
    models = [chat]
}
"""
W = {"w": "llama-3.1-8b"}


def test_a_model_is_what_the_memory_model_says() -> None:
    found = Footprints(fleet_of(HOST + MODEL + SWAP, W))
    (one,) = found.of("s", "chat", "box")
    cards = [Device("CUDA0", 23 * 1024 * MIB), Device("CUDA1", 12 * 1024 * MIB)]
    real = estimate(facts("llama-3.1-8b"), Flags(ctx_size=8192, parallel=1, fit=False), cards)
    assert isinstance(real, Estimate)
    assert (one.known, one.uses) == ("estimated", (0, 1))
    assert [one.bytes_on(card) for card in one.uses] == [real.size(each.name) for each in cards]
    assert one.bytes_on(0) > one.bytes_on(1) > 0
    assert one.host_bytes(growing=True) == real.host
    assert 0 < one.margin_on(0) < one.bytes_on(0) / 10


def test_indices_are_the_hosts_and_names_the_process() -> None:
    pinned = MODEL.replace("}", "    gpus = [1]\n}")
    (one,) = Footprints(fleet_of(HOST + pinned + SWAP, W)).of("s", "chat", "box")
    assert one.uses == (1,)
    assert one.estimate is not None
    assert one.estimate.devices == ("CUDA0", "CPU")


def test_one_process_for_each_card() -> None:
    server = """\
llama-server s {
    host = box
    build = cuda
    model = chat
    placement = per-gpu
}
"""
    found = Footprints(fleet_of(HOST + MODEL + server, W))
    assert [each.uses for each in found.of("s", "chat", "box")] == [(0,), (1,)]
    (always,) = found.together("s", "box")
    assert (always.name, always.models) == ("always", ("chat",))
    assert always.bytes_on(0) == always.bytes_on(1) == found.of("s", "chat", "box")[0].bytes_on(0)


def test_a_written_total_beats_the_estimate_and_is_shared_as_the_weights_are() -> None:
    written = MODEL.replace("}", "    vram = 9GiB\n    tensor-split = [2, 1]\n}")
    (one,) = Footprints(fleet_of(HOST + written + SWAP, W)).of("s", "chat", "box")
    assert one.known == "written"
    assert [one.bytes_on(card) for card in (0, 1)] == [6144 * MIB, 3072 * MIB]


def test_what_is_not_known_says_why() -> None:
    fleet = fleet_of(HOST + MODEL.replace("gguf = w", "gguf = x") + SWAP, {**W, "x": "gemma-3-27b"})
    found = Footprints(replace(fleet, facts={}))
    (one,) = found.of("s", "chat", "box")
    assert (one.known, one.cards) == ("", ())
    assert one.why == 'gguf "x" is not in fleet.lock'


def test_room_is_what_is_not_reserved() -> None:
    fleet = fleet_of(HOST + MODEL + SWAP, W)
    assert Footprints(fleet).room("box") == (23 * 1024 * MIB, 12 * 1024 * MIB)


def test_equal_hosts_are_computed_once() -> None:
    hosts = "".join(f"host h{each} {{\n    gpus = [card]\n}}\n" for each in range(200))
    names = ", ".join(f"h{each}" for each in range(200))
    server = f"llama-server s {{\n    hosts = [{names}]\n    build = cuda\n    model = chat\n}}\n"
    found = Footprints(fleet_of(hosts + MODEL + server, W))
    sizes = {found.of("s", "chat", f"h{each}")[0].bytes_on(0) for each in range(200)}
    assert len(sizes) == 1
    assert len(found._estimates.known) == 1


def measured(fleet: Fleet, card: float, gpus: dict[int, float]) -> Fleet:
    key = measurement_key(fleet, "box", "s", "chat")
    assert key is not None
    buffers = Buffers(weights=card - 100, kv=60, compute=40, total=card)
    devices = {"CUDA0": buffers, "CPU": Buffers(weights=300, total=300)}
    found = Measured(key, "2026-01-02", devices, gpus)
    return replace(fleet, measured=with_measured({}, "box", "s", "chat", found))


def test_what_was_measured_goes_before_what_is_computed() -> None:
    pinned = fleet_of(HOST + MODEL.replace("}", "    gpus = [0]\n}") + SWAP, W)
    (one,) = Footprints(measured(pinned, 5000, {0: 5321})).of("s", "chat", "box")
    assert one.known == "measured"
    assert {part.kind: part.size / MIB for part in dict(one.cards)[0]} == {
        "weights": 4900, "kv": 60, "compute": 40, "driver": 321,
    }  # fmt: skip
    assert one.margin_on(0) == int(0.01 * 5321 * MIB)
    assert one.host_bytes(growing=False) == 300 * MIB < one.host_bytes(growing=True)


def test_what_was_measured_for_something_else_does_not_count() -> None:
    pinned = fleet_of(HOST + MODEL.replace("}", "    gpus = [0]\n}") + SWAP, W)
    longer = MODEL.replace("8192", "16384").replace("}", "    gpus = [0]\n}")
    moved = replace(fleet_of(HOST + longer + SWAP, W), measured=measured(pinned, 5000, {}).measured)
    (one,) = Footprints(moved).of("s", "chat", "box")
    assert one.known == "estimated"
