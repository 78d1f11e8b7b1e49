"""What a driver takes is a term of its own, beside the numbers of the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llamafleet.capacity.memory import Device, Estimate, Flags, read_flags
from llamafleet.capacity.memory.drivers import driver
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.capacity.memory.extras import Extras, with_extras
from llamafleet.capacity.memory.projector import projector_device
from llamafleet.capacity.memory.terms import LOGGED, MIB
from llamafleet.cli import main
from tests.gguf.writing import write_gguf
from tests.memory.models import TINY
from tests.memory.recorded import facts


@pytest.mark.parametrize(
    ("card", "least", "most"),
    [("CUDA1", 250, 400), ("ROCm0", 250, 400), ("Vulkan0", 50, 150), ("RPC3", 0, 0)],
)
def test_each_backend_has_its_range(card: str, least: int, most: int) -> None:
    assert (driver(card).least, driver(card).most) == (least, most)
    assert least <= driver(card).middle <= most


CARDS = [Device(f"CUDA{index}", 1 << 34) for index in range(3)]


def drivers_of(flags: Flags, cards: list[Device] = CARDS) -> list[tuple[int, int]]:
    """What each card's driver takes, and by how much that may be off, in MiB."""
    found = estimate(facts("llama"), flags, cards)
    assert isinstance(found, Estimate)
    assert found.size("CPU", "driver") == 0
    for card in cards:
        assert (card.name in found.devices) == bool(found.size(card.name))
    names = [card.name for card in cards]
    terms = [each for each in found.terms if each.kind == "driver"]
    return [
        next(((x.size // MIB, x.margin // MIB) for x in terms if x.device == name), (0, 0))
        for name in names
    ]


@pytest.mark.parametrize(
    "flags",
    [
        Flags(ctx_size=2048, tensor_split=(1.0, 1.0, 0.0)),
        Flags(ctx_size=2048, split_mode="none"),
        Flags(ctx_size=2048, split_mode="none", main_gpu=1),
        Flags(ctx_size=2048, devices=("CUDA0", "CUDA2"), tensor_split=(1.0, 0.0)),
    ],
)
def test_a_card_without_a_share_holds_a_context(flags: Flags) -> None:
    # ggml-org/llama.cpp issue 8827: -ts 1,1,0 leaves about 260 MiB on the third 3090.
    found = drivers_of(flags)
    assert (280, 75) in found
    assert (0, 0) not in found
    middle, off = found[found.index((280, 75))]
    assert middle - off <= 260 <= middle + off


def test_a_card_that_device_does_not_name_may_hold_one_and_may_not() -> None:
    used, other, third = drivers_of(Flags(ctx_size=2048, devices=("CUDA0",)))
    assert used == (325, 75)
    assert other == third == (150, 150)
    assert drivers_of(Flags(ctx_size=2048, devices=())) == [(0, 0)] * 3


def test_no_context_is_counted_where_none_was_seen() -> None:
    cards = [Device("Vulkan0", 1 << 34), Device("RPC0", 1 << 34)]
    flags = Flags(ctx_size=2048, split_mode="none", main_gpu=1)
    assert drivers_of(flags, cards) == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("line", "cards", "where"),
    [
        ("", "CUDA0 CUDA1", "CUDA0"),
        ("-sm none -mg 1", "CUDA0 CUDA1", "CUDA0"),
        ("-dev CUDA1", "CUDA0 CUDA1", "CUDA1"),
        ("-dev CUDA1,CUDA0", "CUDA0 CUDA1", "CUDA1"),
        ("-dev CUDA1 -mmdev CUDA0", "CUDA0 CUDA1", "CUDA0"),
        ("-dev none", "CUDA0 CUDA1", "CPU"),
        ("-dev CUDA1 --no-mmproj-offload", "CUDA0 CUDA1", "CPU"),
        ("-dev CUDA1 -mmdev none", "CUDA0 CUDA1", "CPU"),
        ("", "RPC0 CUDA0", "CUDA0"),
        ("", "RPC0 RPC1", "RPC0"),
        ("", "", "CPU"),
    ],
)
def test_a_projector_follows_device(line: str, cards: str, where: str) -> None:
    flags = read_flags(line.split())
    assert isinstance(flags, Flags)
    assert projector_device(flags, [Device(each, 1 << 34) for each in cards.split()]) == where


def test_totals_are_those_of_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = TINY["llama"]()
    path = write_gguf(tmp_path / "m.gguf", made.entries, made.tensors)
    argv = ["memory", str(path), "-c", "2048", "-sm", "tensor", "--gpu", "8g", "--gpu", "8g"]
    assert main([*argv, "--format", "json"]) == 0
    rows = {each["device"]: each for each in json.loads(capsys.readouterr().out)["devices"]}
    assert list(rows) == ["CUDA0", "CUDA1", "CPU", "Meta()"]
    assert rows["Meta()"]["of"] == ["CUDA0", "CUDA1"]
    for row in rows.values():
        parts = sum(row[f"{kind}_mib"] for kind in LOGGED)
        assert row["total_mib"] == pytest.approx(parts, abs=0.001)
    assert rows["CUDA0"]["driver_mib"] == driver("CUDA0").middle
    assert rows["Meta()"]["weights_mib"] == max(rows[f"CUDA{n}"]["weights_mib"] for n in (0, 1))
    assert main(["memory", str(path), "-c", "2048", "--gpu", "200MiB"]) == 0
    assert "too much" in capsys.readouterr().out


def test_a_draft_model_needs_no_driver_of_its_own() -> None:
    cards = [Device("CUDA0", 1 << 34)]
    flags = Flags(ctx_size=2048)
    found = estimate(facts("llama"), flags, cards)
    assert isinstance(found, Estimate)
    both = with_extras(found, facts("llama"), flags, cards, Extras(draft=facts("llama")))
    assert isinstance(both, Estimate)
    assert both.size("CUDA0", "driver") == driver("CUDA0").middle * MIB
