"""Whether a configuration is refused: llamafleet says what each release of llama-swap says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from llamafleet.language.source import Source
from llamafleet.swap_config.load import read_swap_config
from tests.conformance.verdicts import COUNT, RECORDINGS, SEED, corpus, digest, judged
from tests.lab.llama_swap import LlamaSwapBinary

TEXTS = list(corpus(SEED, COUNT))
RECORDED: dict[int, Any] = {
    int(path.stem.removeprefix("verdicts-v")): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(RECORDINGS.glob("verdicts-v*.json"))
}
TRIED = 350
"""Configurations that a run asks the real one about; each takes it some 30 ms."""


def refused(text: str, version: int) -> bool:
    """Our verdict."""
    _, found = read_swap_config(Source("config.yaml", text), version)
    return any(each.refused for each in found)


def test_newest_and_older_ones_are_recorded() -> None:
    assert set(RECORDED) >= {212, 225, 242, 243, 250}


@pytest.mark.parametrize("version", list(RECORDED))
def test_corpus_is_the_recorded_one(version: int) -> None:
    assert digest(TEXTS) == RECORDED[version]["corpus"], "python -m tests.conformance.record"


@pytest.mark.parametrize("version", list(RECORDED))
def test_corpus_has_both(version: int) -> None:
    assert 80 < RECORDED[version]["refused"].count("0") < COUNT - 80


@pytest.mark.parametrize("version", list(RECORDED))
def test_verdicts_are_those_recorded(version: int) -> None:
    pairs = zip(TEXTS, RECORDED[version]["refused"], strict=True)
    wrong = [
        f"{verdict}:\n{text}"
        for text, verdict in pairs
        if refused(text, version) != (verdict == "1")
    ]
    assert not wrong, f"{len(wrong)} verdicts differ, the first is {wrong[0]}"


def test_verdicts_are_those_of_the_real_one(
    llama_swap_binary: LlamaSwapBinary, tmp_path: Path
) -> None:
    """Configurations that no recording holds."""
    found = re.match(r"v([0-9]+) ", llama_swap_binary.version)
    if llama_swap_binary.kind != "real" or found is None:
        pytest.skip(f"no release of llama-swap is there, but {llama_swap_binary}")
    fresh = list(corpus(SEED + 1, TRIED))
    verdicts = judged(llama_swap_binary.path, fresh, tmp_path)
    for text, verdict in zip(fresh, verdicts, strict=True):
        assert refused(text, int(found[1])) == (verdict == "1"), text
