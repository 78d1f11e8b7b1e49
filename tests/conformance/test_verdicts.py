"""Whether a configuration is refused: llamafleet says what the real llama-swap says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llamafleet.language.source import Source
from llamafleet.swap_config.load import read_swap_config
from tests.conformance.record import RECORDINGS
from tests.conformance.verdicts import COUNT, SEED, corpus, digest, verdicts
from tests.lab.llama_swap import LlamaSwapBinary

TEXTS = list(corpus(SEED, COUNT))
RECORDED: dict[str, Any] = json.loads((RECORDINGS / "verdicts.json").read_text())
TRIED = 250
"""Configurations that a run asks the real one about again; each takes it some 30 ms."""


def refused(text: str) -> bool:
    """Our verdict."""
    _, found = read_swap_config(Source("config.yaml", text))
    return any(each.refused for each in found)


def different(expected: str) -> list[str]:
    """Configurations that we judge otherwise, with what was expected."""
    pairs = zip(TEXTS, expected, strict=False)
    return [f"{verdict}:\n{text}" for text, verdict in pairs if refused(text) != (verdict == "1")]


def test_corpus_is_the_recorded_one() -> None:
    assert digest(TEXTS) == RECORDED["corpus"], "python -m tests.conformance.record"


def test_corpus_has_both() -> None:
    assert 100 < RECORDED["refused"].count("0") < COUNT - 100


def test_verdicts_are_those_recorded() -> None:
    wrong = different(RECORDED["refused"])
    assert not wrong, f"{len(wrong)} verdicts differ, the first is {wrong[0]}"


def test_verdicts_are_those_of_the_real_one(
    llama_swap_binary: LlamaSwapBinary, tmp_path: Path
) -> None:
    """A seed that no recording holds, and those that are recorded."""
    if llama_swap_binary.kind != "real" or "v250" not in llama_swap_binary.version:
        pytest.skip(f"llama-swap v250 is not there, but {llama_swap_binary}")
    found = verdicts(llama_swap_binary.path, TEXTS[:TRIED], tmp_path)
    assert found == RECORDED["refused"][:TRIED]
    fresh = list(corpus(SEED + 1, TRIED))
    (tmp_path / "fresh").mkdir()
    for text, verdict in zip(
        fresh, verdicts(llama_swap_binary.path, fresh, tmp_path / "fresh"), strict=True
    ):
        assert refused(text) == (verdict == "1"), text
