"""What a driver takes is a term of its own, beside the numbers of the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llamafleet.cli import main
from llamafleet.memory import Device, Estimate, Flags, estimate
from llamafleet.memory.drivers import driver
from llamafleet.memory.extras import Extras, with_extras
from llamafleet.memory.terms import LOGGED, MIB
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


def test_only_cards_that_hold_something_pay() -> None:
    cards = [Device("CUDA0", 1 << 34), Device("Vulkan0", 1 << 34)]
    found = estimate(facts("llama"), Flags(ctx_size=2048, split_mode="none", main_gpu=1), cards)
    assert isinstance(found, Estimate)
    assert [each.device for each in found.terms if each.kind == "driver"] == ["Vulkan0"]
    assert found.size("CPU", "driver") == 0


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
