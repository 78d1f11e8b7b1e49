"""llamafleet refuses the configurations that each release of llama-swap refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llamafleet.llama_swap.load import read_swap_config
from llamafleet.llama_swap.versions import NEWEST
from llamafleet.source import Source
from tests.conformance import verdicts
from tests.conformance.mutations import BASES, EDGES, corpus
from tests.conformance.verdicts import judged, recorded
from tests.lab.llama_swap import LlamaSwapBinary

RECORDED = recorded()
SEED, TRIED = 2, 350
"""Configurations that a run asks the real one about; each takes it some 30 ms."""


def refused(text: str, version: int) -> bool:
    """Our verdict."""
    _, found = read_swap_config(Source("config.yaml", text), version)
    return any(each.refused for each in found)


def test_newest_and_older_ones_are_recorded() -> None:
    assert set(RECORDED.releases) >= {212, 225, 242, 243, NEWEST}


def test_every_written_text_is_recorded() -> None:
    missing = {*BASES, *EDGES.values()} - set(RECORDED.texts)
    assert not missing, "python -m tests.conformance.verdicts PROGRAM NUMBER"


@pytest.mark.parametrize("version", RECORDED.releases)
def test_recording_has_both_verdicts(version: int) -> None:
    said = [verdict for _, verdict in RECORDED.of(version)]
    assert min(said.count(True), said.count(False)) > 80


@pytest.mark.parametrize("version", RECORDED.releases)
def test_verdicts_are_those_recorded(version: int) -> None:
    different = [
        f"refused is {verdict}:\n{text}"
        for text, verdict in RECORDED.of(version)
        if refused(text, version) != verdict
    ]
    assert not different, f"{len(different)} verdicts differ, the first is {different[0]}"


def test_verdicts_are_those_of_the_real_one(
    llama_swap_binary: LlamaSwapBinary, tmp_path: Path
) -> None:
    """Configurations that no recording holds; who does not know its release is taken for ours."""
    if llama_swap_binary.kind != "real":
        pytest.skip(f"no real llama-swap is there, but {llama_swap_binary}")
    fresh = list(corpus(SEED, TRIED))
    said = judged(llama_swap_binary.path, fresh, tmp_path)
    release = min(llama_swap_binary.release or NEWEST, NEWEST)
    for text, verdict in zip(fresh, said, strict=True):
        assert refused(text, release) == (verdict == "1"), f"{llama_swap_binary}:\n{text}"


def test_recording_another_release_changes_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that came in later is asked from then on, and of the older ones unknown."""
    kept = tmp_path / "verdicts.jsonl"
    texts = [*BASES, *EDGES.values()]
    lines = [[7, 9], *(["10", text] for text in texts[1:])]
    kept.write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setattr(verdicts, "RECORDING", kept)
    program = tmp_path / "llama-swap"
    program.write_text("#!/bin/sh\necho 'listen tcp: address 99999: invalid port'\n")
    program.chmod(0o755)
    verdicts.record(program, 8)
    found = recorded()
    assert found.releases == (7, 8, 9)
    assert (found.texts, found.verdicts[0]) == ((*texts[1:], texts[0]), "100")
    assert set(found.of(7)) == {(text, True) for text in texts[1:]}
    assert set(found.of(8)) == {(text, False) for text in texts}
