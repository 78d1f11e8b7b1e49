"""A file that is dropped into a folder becomes a model, and a real one goes on with a text.

The tests of this file build on each other; the first that fails explains the rest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llamafleet.capacity.memory import Estimate, Flags, read_flags
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.capacity.memory.terms import MIB, Kind
from llamafleet.compiler import compile_file
from llamafleet.gguf import GgufFacts, read_facts
from llamafleet_roles.downloads import DownloadError
from tests.e2e.rollout import Site
from tests.e2e.site_edits import failed, succeeded
from tests.e2e.test_measured import logged
from tests.lab.lab import Lab
from tests.lab.real_model import NAME, TERMS, put
from tests.lab.tiny_gguf import tiny_gguf

pytestmark = pytest.mark.lab

FACTS = "deploys/facts.py"
UNIT = "llama-swap-shelf"
SHELF = """
llama-swap shelf {
    host   = alpha
    build  = cpu
    listen = "127.0.0.1:8095"

    discover "/models/shelf" {
        exclude = ["*-Q2_K.gguf"]
    }
}
"""
REAL = NAME.removesuffix(".gguf")


@pytest.fixture(scope="module")
def shelf(weights: Path) -> Path:
    """The folder that alpha sees as /models/shelf."""
    folder = weights / "shelf"
    folder.mkdir(mode=0o755)
    return folder


@pytest.fixture(scope="module")
def home(rolled_out: Site, shelf: Path) -> Iterator[Site]:
    """The site with a llama-swap that discovers its models; as it was afterwards."""
    lock = rolled_out.folder / "fleet.lock"
    text = rolled_out.fleet.read_text()
    lock.unlink(missing_ok=True)
    rolled_out.fleet.write_text(text + SHELF)
    yield rolled_out
    lock.unlink(missing_ok=True)
    rolled_out.fleet.write_text(text)
    succeeded(rolled_out)


def look(home: Site) -> str:
    """Have the hosts' folders read into the lock; what was said."""
    done = home.roll_out(deploy=FACTS)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    assert "Traceback" not in said
    return said


def drop(folder: Path, name: str, data: bytes) -> None:
    """Put a file into a folder, as a download does: under its name once it is whole."""
    part = folder / f".{name}.part"
    part.write_bytes(data)
    part.chmod(0o644)
    part.rename(folder / name)


def asked(lab: Lab, path: str, body: object = None) -> Any:
    """What the llama-swap answers on its host."""
    data = f"-H 'Content-Type: application/json' -d '{json.dumps(body)}'" if body else ""
    command = f"curl -fsS -m 170 {data} http://127.0.0.1:8095{path}"
    return json.loads(lab.host("alpha").run(command).stdout)


def served(lab: Lab) -> list[str]:
    return sorted(each["id"] for each in asked(lab, "/v1/models")["data"])


def completed(lab: Lab, model: str, prompt: str) -> str:
    body = {"model": model, "prompt": prompt, "max_tokens": 4, "temperature": 0}
    found = asked(lab, "/v1/completions", body)["choices"][0]["text"]
    assert isinstance(found, str)
    return found


def main_pid(lab: Lab) -> str:
    return lab.host("alpha").run(f"systemctl show -p MainPID --value {UNIT}").stdout.strip()


def test_without_a_look_nothing_is_served_and_that_is_said(
    pair: Lab, home: Site, shelf: Path
) -> None:
    drop(shelf, "one.gguf", tiny_gguf(seed=5, name="one"))
    codes = {each.code for each in compile_file(home.fleet).diagnostics}
    assert "not-locked" in codes
    said = succeeded(home, "--limit", "alpha")
    assert "new in /models/shelf since fleet.lock was written: /models/shelf/one.gguf" in said
    assert served(pair) == []


def test_a_dropped_file_answers_after_a_look_and_a_rollout(pair: Lab, home: Site) -> None:
    said = look(home)
    assert "+ model one: /models/shelf/one.gguf, " in said
    assert f"restarts {UNIT}.service" in said
    assert not [each for each in compile_file(home.fleet).diagnostics if each.code == "not-locked"]
    succeeded(home, "--limit", "alpha")
    assert served(pair) == ["one"]
    assert completed(pair, "one", "Hello")
    assert home.changes("--limit", "alpha") == {}
    before = (home.folder / "fleet.lock").read_bytes()
    assert "as in fleet.lock" in look(home)
    assert (home.folder / "fleet.lock").read_bytes() == before


def test_a_new_file_restarts_nothing_before_somebody_looks(
    pair: Lab, home: Site, shelf: Path
) -> None:
    """A loaded model goes on, whatever is dropped; what will stop it is said beforehand."""
    completed(pair, "one", "Hello")
    pid = main_pid(pair)
    whole = tiny_gguf(seed=6, name="two")
    drop(shelf, "two.gguf", whole)
    drop(shelf, "torn.gguf", whole[: len(whole) // 2])
    drop(shelf, "mtp-two.gguf", whole)
    drop(shelf, "two-Q2_K.gguf", whole)
    drop(shelf, "page.gguf", b"<!DOCTYPE html>")
    (shelf / "again.gguf").symlink_to("/models/small.gguf")
    said = succeeded(home, "--limit", "alpha")
    assert "new in /models/shelf" in said
    assert f"that restarts {UNIT}.service and stops its loaded models" in said
    assert home.changes("--limit", "alpha") == {}
    assert main_pid(pair) == pid
    assert [each["model"] for each in asked(pair, "/running")["running"]] == ["one"]
    said = look(home)
    assert "left out /models/shelf/torn.gguf: the file has " in said
    assert "left out /models/shelf/page.gguf: not a GGUF file" in said
    assert "left out /models/shelf/mtp-two.gguf: it is multi-token prediction" in said
    assert "two-Q2_K" not in said
    succeeded(home, "--limit", "alpha")
    assert served(pair) == ["one", "two"], "weights that are written are not discovered again"
    assert main_pid(pair) != pid
    assert completed(pair, "two", "Hello")
    assert home.changes("--limit", "alpha") == {}
    assert "since fleet.lock" not in succeeded(home, "--limit", "alpha")


def test_a_file_that_is_gone_is_said_with_the_way_out(pair: Lab, home: Site, shelf: Path) -> None:
    (shelf / "two.gguf").unlink()
    said = failed(home, "--limit", "alpha")
    assert "/models/shelf/two.gguf, discovered in /models/shelf, is gone on alpha" in said
    assert "deploys/facts.py" in said
    assert "- model two" in look(home)
    succeeded(home, "--limit", "alpha")
    assert served(pair) == ["one"]


def test_a_real_model_knows_the_capital_and_takes_what_was_estimated(
    pair: Lab, home: Site, shelf: Path
) -> None:
    try:
        print(TERMS)
        put(shelf)
    except DownloadError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no real model: {error}")
    assert f"+ model {REAL}: " in look(home)
    succeeded(home, "--limit", "alpha")
    # A base model goes on with a text; without the last words it goes on about the country.
    assert "Paris" in completed(pair, REAL, "The capital of France is the city of")
    path = shelf / NAME
    flags = read_flags(["--ctx-size", "4096", "--parallel", "1", "--fit", "off"])
    facts = read_facts(path)
    assert isinstance(flags, Flags)
    assert isinstance(facts, GgufFacts)
    mine = estimate(facts, flags, [])
    assert isinstance(mine, Estimate)
    kinds: tuple[Kind, ...] = ("weights", "kv", "compute", "output")
    sizes = {kind: mine.size("CPU", kind) / MIB for kind in kinds}
    # The log has two digits, and weights may be in two buffers.
    assert sizes == pytest.approx(logged(pair, f"/models/shelf/{NAME}", 4096), abs=0.011)
