"""From a folder of real files to the lock, by the scripts that run on hosts, and what is said."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from llamafleet.compiler import compile_file
from llamafleet.fleet.model import Fleet
from llamafleet.plan import plan_host
from llamafleet_roles import lock_file
from llamafleet_roles.gguf_files import discovered
from llamafleet_roles.gguf_files.folder import FolderFiles, FolderState
from tests.lab.tiny_gguf import tiny_gguf

FLEET = """
fleet 1

host nas {{}}

build cpu {{
    ref     = "b11434"
    backend = cpu
}}

gguf mine {{
    path = "{folder}/mine.gguf"
}}

gguf outside {{
    path = "{folder}/../outside.gguf"
}}

model mine {{
    gguf  = mine
    draft = outside
}}

llama-swap shelf {{
    host   = nas
    build  = cpu
    models = [mine]

    discover "{folder}" {{
        exclude = ["*-Q2_K.gguf"]
    }}
}}
"""


@dataclass
class Machine:
    """This machine as a host: facts are asked by their own commands, and what is said is kept."""

    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def get_fact(self, fact: Any, **arguments: Any) -> Any:
        self.asked.append(str(arguments.get("path", arguments.get("folder"))))
        command = fact().command(**arguments)
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        return fact().process(done.stdout.splitlines()) if done.stdout else fact.default()

    def log(self, line: str) -> None:
        self.said.append(line)

    def log_styled(self, line: str, **_: Any) -> None:
        self.said.append(line)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model that is written, one that is not, and what is none."""
    found = tmp_path / "models"
    (found / "deep").mkdir(parents=True)
    whole = tiny_gguf(seed=1, name="tiny")
    for name in ("mine.gguf", "one.gguf", "deep/one.gguf", "x-Q2_K.gguf", "mtp-one.gguf"):
        (found / name).write_bytes(whole)
    (found / "torn.gguf").write_bytes(whole[:5000])
    (found / "same.gguf").symlink_to("mine.gguf")
    (tmp_path / "outside.gguf").write_bytes(tiny_gguf(seed=2, name="outside"))
    (found / "outside-too.gguf").symlink_to(tmp_path / "outside.gguf")
    return found


@pytest.fixture
def fleet(tmp_path: Path, folder: Path) -> Fleet:
    """The fleet of that folder, without a lock."""
    path = tmp_path / "fleet.fleet"
    path.write_text(FLEET.format(folder=folder))
    return compiled(path)


def compiled(path: Path) -> Fleet:
    found = compile_file(path)
    assert found.fleet, [each.message for each in found.diagnostics]
    return found.fleet


def look(fleet: Fleet) -> Machine:
    """Read the folder as `deploys/facts.py` does."""
    (plan,) = discovered.discover_plans(plan_host(fleet, "nas"))
    machine = Machine()
    state = machine.get_fact(FolderFiles, folder=plan.folder, declared=plan.declared)
    assert isinstance(state, FolderState)
    machine.asked.clear()
    assert discovered._read(None, machine, fleet.path, plan, state)  # type: ignore[arg-type]
    return machine


def test_what_is_there_comes_into_the_lock_and_then_is_served(fleet: Fleet, folder: Path) -> None:
    machine = look(fleet)
    assert [each.split(":")[0] for each in machine.said if each.startswith("+")] == [
        "+ model deep-one", "+ model one",
    ]  # fmt: skip
    (torn,) = (each for each in machine.said if "torn.gguf" in each)
    assert "the file ends after" in torn or "the file has 5000 bytes" in torn
    assert any(each.startswith(f"left out {folder}/mtp-one.gguf") for each in machine.said)
    assert machine.said[-1].startswith("the next rollout restarts llama-swap-shelf.service")
    again = compiled(Path(fleet.path))
    assert again.services["shelf"].models == ("mine", "one", "deep-one")
    assert again.facts[f"{folder}/one.gguf"].architecture == "llama"
    assert not [each for each in compile_file(fleet.path).diagnostics if "locked" in each.code]


def test_a_second_look_reads_no_header_of_a_model_and_writes_nothing(
    fleet: Fleet, folder: Path
) -> None:
    look(fleet)
    lock = Path(fleet.path).with_name("fleet.lock")
    before = lock.read_bytes()
    machine = look(compiled(Path(fleet.path)))
    assert set(machine.asked) == {f"{folder}/torn.gguf"}
    assert machine.said[-1] == f"{folder}: 2 models, as in fleet.lock"
    assert lock.read_bytes() == before
    (folder / "one.gguf").unlink()
    machine = look(compiled(Path(fleet.path)))
    assert "- model one" in machine.said


def test_what_others_wrote_into_the_lock_stays(fleet: Fleet) -> None:
    lock = Path(fleet.path).with_name("fleet.lock")
    lock.write_text('{"lock": 1, "fleet": "f", "ggufs": {}, "measured": {"a": {}}, "more": 1}\n')
    look(fleet)
    tree = json.loads(lock.read_text())
    assert (tree["measured"], tree["more"]) == ({"a": {}}, 1)
    assert list(tree["discovered"]) == ["shelf"]


def test_a_lock_that_cannot_be_read_is_left_alone(fleet: Fleet) -> None:
    lock = Path(fleet.path).with_name("fleet.lock")
    lock.write_text("<<<<<<< ours\n")
    (plan,) = discovered.discover_plans(plan_host(fleet, "nas"))
    machine = Machine()
    assert not discovered._read(None, machine, fleet.path, plan, FolderState())  # type: ignore[arg-type]
    assert "it has merge conflicts" in machine.said[-1]
    assert lock.read_text() == "<<<<<<< ours\n"


def test_a_lock_that_nobody_could_read_any_more_is_not_written(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_file, "LARGEST", 1000)
    (plan,) = discovered.discover_plans(plan_host(fleet, "nas"))
    machine = Machine()
    state = machine.get_fact(FolderFiles, folder=plan.folder, declared=plan.declared)
    assert not discovered._read(None, machine, fleet.path, plan, state)  # type: ignore[arg-type]
    assert "discover fewer files" in machine.said[-1]
    assert not Path(fleet.path).with_name("fleet.lock").exists()
