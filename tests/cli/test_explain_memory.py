"""`llamafleet explain memory`: every number with its terms, also of a fleet that does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llamafleet.cli import main

CASE = Path(__file__).parent.parent / "diagnostics" / "vram-overcommit.computed.fleettest"


@pytest.fixture
def fleet(tmp_path: Path) -> str:
    text, lock = CASE.read_text(encoding="utf-8").split("=== fleet.lock\n")
    (tmp_path / "fleet.fleet").write_text(text, encoding="utf-8")
    (tmp_path / "fleet.lock").write_text(lock.split("----------\n")[0], encoding="utf-8")
    return str(tmp_path / "fleet.fleet")


def test_the_sum_is_that_of_its_terms(fleet: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "memory", "long", fleet, "--format", "json"]) == 0
    (place,) = json.loads(capsys.readouterr().out)["processes"]
    assert (place["known"], place["where"]) == ("estimated", ["voice on box"])
    assert [card["index"] for card in place["cards"]] == [0, 1]
    terms = place["computed"]["terms"]
    assert all(term["formula"] and term["source"] for term in terms)
    for card in place["cards"]:
        own = [term["mib"] for term in terms if term["device"] == f"CUDA{card['index']}"]
        assert card["mib"] == pytest.approx(sum(own), abs=0.01)
        assert card["mib"] == pytest.approx(sum(card["parts"].values()), abs=0.01)


def test_for_people_with_the_places_in_llama_cpp(
    fleet: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "memory", "chat", fleet]) == 0
    out = capsys.readouterr().out
    assert "chat in voice on box: estimated from the GGUF header" in out
    assert "GPU 0 (small): " in out
    assert "[src/llama-kv-cache.cpp" in out


def test_a_written_size_is_said_beside_what_is_computed(
    fleet: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(fleet)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("gpus     = [0]", "gpus = [0]\n vram = 5GiB"), encoding="utf-8")
    assert main(["explain", "memory", "chat", fleet]) == 0
    out = capsys.readouterr().out
    assert "written in the fleet file (vram)" in out
    assert "GPU 0 (small): 5120.00 MiB" in out
    assert "KV cache: 32 layers" in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["memory", "lang"], 2, 'has no model "lang": did you mean long?'),
        (["ctx-size", "long"], 2, "explain ctx-size takes no further argument"),
    ],
)
def test_wrong_words(
    fleet: str, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    assert main(["explain", *words, fleet]) == code
    assert said in capsys.readouterr().err


def test_without_a_lock_it_says_what_is_missing(
    fleet: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(fleet).with_name("fleet.lock").unlink()
    assert main(["explain", "memory", "long", fleet]) == 1
    assert 'gguf "llama" is not in fleet.lock' in capsys.readouterr().out


def test_a_fleet_with_errors_shows_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "fleet.fleet"
    path.write_text("fleet 1\nmodel a {\n    gguf = b\n}\n", encoding="utf-8")
    assert main(["explain", "memory", "a", str(path)]) == 1
    assert "unknown-name" in capsys.readouterr().err
