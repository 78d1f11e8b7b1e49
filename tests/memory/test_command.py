"""`llamafleet memory` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llamafleet.capacity.memory import Device, devices_of
from llamafleet.cli import main
from tests.gguf.writing import write_gguf
from tests.memory.models import TINY


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = TINY["gpt-oss"]()
    path = tmp_path_factory.mktemp("models") / "model.gguf"
    return str(write_gguf(path, made.entries, made.tensors))


def test_json_has_every_device(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["memory", model, "-c", "4096", "-np", "2", "--gpu", "24GiB", "--gpu=12GiB",
                 "-ts", "1,1", "--format", "json"])  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [each["device"] for each in found["devices"]] == ["CUDA0", "CUDA1", "CPU"]
    assert (found["n_ctx"], found["n_ctx_per_slot"]) == (4096, 2048)
    for each in found["devices"]:
        kinds = ("weights", "kv", "recurrent", "compute", "output")
        parts = sum(each[f"{kind}_mib"] for kind in kinds)
        assert each["total_mib"] == pytest.approx(parts, abs=0.001)
    terms = sum(each["mib"] for each in found["terms"] if each["device"] == "CPU")
    assert found["host_ram_mib"] == pytest.approx(terms, abs=0.001)


def test_text_names_the_source_of_every_term(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["memory", "--gpu", "1MiB", model, "-ngl", "99"]) == 0
    shown = capsys.readouterr().out
    assert "too much" in shown
    assert "llama_kv_cache" in shown
    assert "get_mapping_range" in shown


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (["--ctx-sized", "1"], 2, "no flag"),
        (["-c", "4k"], 2, "whole number"),
        (["--gpu", "much"], 2, "no size of a card"),
        (["--gpu"], 2, "needs a value"),
        (["-dev", "CUDA7"], 1, "the cards are"),
        (["-ot", "(=CPU"], 1, "pattern"),
        (["-sm", "row", "--gpu", "8GiB"], 1, "does not support split buffers"),
        (["-sm", "tensor"], 1, "needs a device"),
        (["-ctv", "q8_0", "-fa", "off"], 1, "flash attention"),
        (["-md", "/nowhere.gguf"], 1, "no such file"),
    ],
)
def test_what_is_wrong_is_said(
    model: str, flags: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["memory", model, *flags]) == code
    assert said in capsys.readouterr().err


def test_a_draft_model_comes_on_top(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = TINY["llama"]()
    draft = write_gguf(tmp_path / "draft.gguf", made.entries, made.tensors)
    sizes = []
    for more in ([], ["-md", str(draft)]):
        assert main(["memory", model, "-c", "2048", "-np", "1", "--format", "json", *more]) == 0
        sizes.append(json.loads(capsys.readouterr().out)["host_ram_mib"])
    assert sizes[1] - sizes[0] > 5


def test_servers_of_rpc_stand_first_and_take_the_sizes() -> None:
    two = (Device("RPC0", 24 << 30), Device("RPC1", 12 << 30))
    assert devices_of(["24GiB", "12GiB", "8GiB"], servers=2) == (*two, Device("CUDA0", 8 << 30))
    assert devices_of(["RPC0=24GiB", "RPC1=12GiB"], servers=2) == two
    alike = devices_of([], servers=2)
    assert isinstance(alike, tuple)
    assert [each.name for each in alike] == ["RPC0", "RPC1"]
    assert len({each.memory for each in alike}) == 1


def test_cards() -> None:
    assert devices_of(["24GiB", "Vulkan0=8g"]) == (
        Device("CUDA0", 24 << 30),
        Device("Vulkan0", 8 << 30),
    )
    assert devices_of(["24GB", "1.5T"]) == (
        Device("CUDA0", 24 * 10**9),
        Device("CUDA1", 3 << 39),
    )
    for wrong in ("0", "24", "0GiB", "9" * 400 + "G", "GiB", "-1G", "CPU=1G"):
        assert isinstance(devices_of([wrong]), str), wrong
    assert isinstance(devices_of(["A0=1g", "A0=2g"]), str)
