"""A lock that somebody made to hurt: small texts cost little, and absurd numbers are refused."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from llamafleet.cli.lock import lock
from llamafleet.compiler import compile_file
from llamafleet.gguf import GgufError
from llamafleet.gguf.compact import from_json
from llamafleet.language.reading import LARGEST
from llamafleet.lock.text import LockError, read_lock
from tests.fuzz.locks import FLEET, _tree

SECONDS = 5.0
"""Of computing: many times what the slowest of these takes, and a tenth of what it once took."""

SMALL = _tree(Random(1))


def with_tensors(*tensors: Any) -> dict[str, Any]:
    """A lock whose weights have these tensors."""
    tree = json.loads(json.dumps(SMALL))
    tree["ggufs"]["w"]["facts"]["files"][0]["tensors"] = list(tensors)
    return dict(tree)


def checked(text: str, said: str = "") -> float:
    """Check a fleet beside a lock; returns the seconds of computing."""
    files = {"fleet.fleet": (FLEET % (said, "")).encode(), "fleet.lock": text.encode()}
    start = time.process_time()
    compile_file("fleet.fleet", files.__getitem__)
    return time.process_time() - start


RANGES = ",".join(["0-999999"] * 800)


@pytest.mark.parametrize(
    "tree",
    [
        pytest.param(with_tensors({"blk": RANGES, "tensors": []}), id="blocks of nothing"),
        pytest.param(with_tensors({"blk": RANGES, "tensors": ["a F32 1"]}), id="many blocks"),
        pytest.param(
            with_tensors(*({"blk": "0-511", "tensors": [f"a{n} F32 1"]} for n in range(180))),
            id="many tensors",
        ),
        pytest.param(with_tensors("a F32 " + "x".join(["9" * 18] * 300)), id="large tensors"),
    ],
)
def test_a_small_lock_costs_little(tree: dict[str, Any]) -> None:
    text = json.dumps(tree)
    assert len(text) < 20_000
    assert checked(text) < SECONDS


@pytest.mark.parametrize(
    "said", ["n-cpu-moe = 2147483647", "ctx-size = 2147483647\nparallel = 512", "n-cpu-ffn = 99999"]
)
def test_absurd_settings_cost_little(said: str) -> None:
    assert checked(json.dumps(SMALL), said) < SECONDS


def test_deep_nesting_is_no_lock() -> None:
    assert isinstance(read_lock("[" * 8000), LockError)
    assert isinstance(read_lock('{"a":' * 2000), LockError)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vocabulary", 1 << 32), ("vocabulary", -1), ("vocabulary", 10**400),
        ("metadata", {"block_count": [[4]]}),
    ],
)  # fmt: skip
def test_numbers_that_no_header_has_are_refused(key: str, value: object) -> None:
    facts = {**SMALL["ggufs"]["w"]["facts"], key: value}
    assert isinstance(from_json(facts), GgufError)


@pytest.mark.parametrize(
    ("key", "value"), [("data", -1), ("end", 1 << 64), ("alignment", 0), ("alignment", 1 << 40)]
)
def test_places_that_no_file_has_are_refused(key: str, value: int) -> None:
    facts = SMALL["ggufs"]["w"]["facts"]
    files = [{**facts["files"][0], key: value}]
    assert isinstance(from_json({**facts, "files": files}), GgufError)


@pytest.mark.parametrize("size", [-1, 1 << 63, 10**400])
def test_sizes_that_no_disk_has_are_refused(size: int) -> None:
    tree = json.loads(json.dumps(SMALL))
    tree["ggufs"]["w"]["files"][0]["size"] = size
    assert isinstance(read_lock(json.dumps(tree)), LockError)


def test_facts_that_cannot_be_read_count_as_absent() -> None:
    """However they are asked for: also by what copies them all to look for a way out."""
    from llamafleet.lock.facts import LockedFacts

    facts = LockedFacts({"good": SMALL["ggufs"]["w"]["facts"], "bad": {}})
    assert list(facts) == ["good"]
    assert list({**facts}) == ["good"]
    assert len(facts) == 1
    assert "bad" not in facts


def test_a_lock_that_is_no_file_does_not_hang(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = tmp_path / "fleet.fleet"
    fleet.write_text(FLEET % ("", ""))
    os.mkfifo(tmp_path / "fleet.lock")
    found = compile_file(fleet).diagnostics
    assert "not-locked" in {each.code for each in found}
    assert lock(str(fleet), [], False, False, True) == 1
    assert "it is not a regular file" in capsys.readouterr().err


def test_a_huge_lock_is_said_to_be_one(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.fleet"
    fleet.write_text(FLEET % ("", ""))
    with (tmp_path / "fleet.lock").open("wb") as file:
        file.truncate(LARGEST + 1)
    found = compile_file(fleet).diagnostics
    assert any("larger than 16 MiB" in each.message for each in found)
