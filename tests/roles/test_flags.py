"""The table of a build's flags: from its own help into the lock, and from there into each check."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import llamafleet
from llamafleet.compiler import compile_file, compile_text
from llamafleet.fleet.model import Fleet
from llamafleet.fleet.schema.flag_tables import bundled
from llamafleet.lock.model import Lock
from llamafleet.lock.text import read_lock, write_lock
from llamafleet.plan import plan_host
from llamafleet.targets.plan_types import BuildPlan
from llamafleet_roles.llama_cpp.flags import lacks_flag_table, lock_flags

HELP = (
    "----- common params -----\n\n"
    + "".join(
        f"--flag-{number:<33}does what flag {number} does (default: {number})\n"
        for number in range(60)
    )
    + "-c,    --ctx-size N                     size of the context (default: 0)\n"
)

FLEET = """fleet 1
host box {
}
build cpu {
    ref = "b12000"
    backend = cpu
}
gguf small {
    path = "/small.gguf"
}
model chat {
    gguf = small
    extra-args = ["--flag-7"]
    threads = 4
}
llama-swap voice {
    host = box
    build = cpu
    models = [chat]
}
"""


def check(fleet: Path, **environment: str) -> tuple[int, str]:
    """The command's exit status and all that it says."""
    command = [sys.executable, "-m", "llamafleet", "check", fleet.name]
    done = subprocess.run(
        command,
        cwd=fleet.parent,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A fleet file in a folder of its own, as a fresh clone has it."""
    path = tmp_path / "site" / "fleet.fleet"
    path.parent.mkdir()
    path.write_text(FLEET)
    return path


def codes(fleet: Path) -> list[str]:
    return [each.code for each in compile_file(fleet).diagnostics]


def test_a_fetched_table_is_what_the_next_check_goes_by(fleet: Path) -> None:
    assert codes(fleet) == ["flag-table", "unknown-flag"]
    assert lock_flags(str(fleet), "b12000", HELP)
    # The flag that only this build has is known now, and one that it lacks is missed.
    assert codes(fleet) == ["removed-flag"]


def test_a_clone_with_the_lock_has_the_same_verdict(fleet: Path, tmp_path: Path) -> None:
    lock_flags(str(fleet), "b12000", HELP)
    clone = shutil.copytree(fleet.parent, tmp_path / "clone") / fleet.name
    home = str(tmp_path / "somebody")
    assert check(clone, HOME=home, XDG_CACHE_HOME=home, LLAMAFLEET_CACHE=home) == check(fleet)
    assert check(fleet)[0] == 1


def test_nothing_in_a_cache_changes_a_verdict(fleet: Path, tmp_path: Path) -> None:
    """Neither a table that older releases of llamafleet left there, nor a hostile one."""
    expected = check(fleet, HOME=str(tmp_path / "none"), XDG_CACHE_HOME="", LLAMAFLEET_CACHE="")
    assert expected[0] == 0
    rows = json.dumps([{"key": "threads", "names": ["--flag-7"], "type": "flag", "removed": True}])
    for name, text in (("rows", rows), ("broken", "["), ("empty", "[]")):
        for folder in (
            f"{name}/flags",
            f"{name}/llamafleet/flags",
            f"{name}/.cache/llamafleet/flags",
        ):
            for ref in ("b12000", "b11999", "b11434", "master"):
                path = tmp_path / folder / f"{ref}.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        cache = str(tmp_path / name)
        for places in (
            {"LLAMAFLEET_CACHE": cache},
            {"LLAMAFLEET_CACHE": "", "XDG_CACHE_HOME": cache},
            {"LLAMAFLEET_CACHE": "", "XDG_CACHE_HOME": "", "HOME": cache},
        ):
            assert check(fleet, **places) == expected


OPENED = """
import json, os, sys
opened = []
def look(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], (str, bytes)):
        opened.append(os.path.realpath(os.fsdecode(arguments[0])))
sys.addaudithook(look)
from llamafleet.compiler import compile_file
found = compile_file(sys.argv[1])
print(json.dumps([[each.code for each in found.diagnostics], opened]))
"""


def test_a_check_reads_the_fleets_folder_and_llamafleet_alone(fleet: Path) -> None:
    """Seen by Python itself: which files are opened, and which folders are looked into."""
    lock_flags(str(fleet), "b12000", HELP)
    done = subprocess.run(
        [sys.executable, "-c", OPENED, str(fleet)], capture_output=True, text=True, check=True
    )
    said, opened = json.loads(done.stdout)
    assert said == ["removed-flag"]
    assert str(fleet.parent / "fleet.lock") in opened
    own = (fleet.parent, Path(llamafleet.__file__).parents[1])
    python = (Path(sys.prefix), Path(sys.base_prefix), Path(os.__file__).parent)
    places = [str(each.resolve()) for each in (*own, *python)]
    assert [each for each in opened if not each.startswith(tuple(places))] == []


@pytest.mark.parametrize("text", ["", "error: no such file", HELP[:400]])
def test_what_is_no_help_is_not_kept(fleet: Path, text: str) -> None:
    assert not lock_flags(str(fleet), "b12000", text)
    assert not (fleet.parent / "fleet.lock").exists()


@pytest.mark.parametrize("ref", ["../b1", "a/b", ".hidden", "é\n", "__proto__"])
def test_any_ref_is_a_name_in_the_lock_and_no_file(fleet: Path, ref: str) -> None:
    assert lock_flags(str(fleet), ref, HELP)
    assert sorted(each.name for each in fleet.parent.iterdir()) == ["fleet.fleet", "fleet.lock"]
    lock = read_lock((fleet.parent / "fleet.lock").read_text(encoding="utf-8"))
    assert isinstance(lock, Lock)
    assert list(lock.flags) == [ref]


def test_what_else_is_in_the_lock_stays_byte_for_byte(fleet: Path) -> None:
    path = fleet.parent / "fleet.lock"
    path.write_text(write_lock(Lock("fleet.fleet", measured={"box": {"chat": {"odd": [1, "é"]}}})))
    before = path.read_text()
    lock_flags(str(fleet), "b12000", HELP)
    lines = path.read_text().splitlines()
    assert [each for each in before.splitlines() if each not in lines] == []
    once = path.read_bytes()
    lock_flags(str(fleet), "b12000", HELP)
    assert path.read_bytes() == once
    # A row is a line of a diff, and `llamafleet lock` writes what a rollout has written.
    assert sum('"--flag-' in each for each in lines) == 60
    lock = read_lock(once.decode())
    assert isinstance(lock, Lock)
    again = read_lock(write_lock(lock))
    assert again == lock


@pytest.mark.parametrize("rows", ["[1]", '"all"', "[]", '[{"key": "a", "names": "x"}]'])
def test_a_table_that_nobody_can_read_is_told_and_counts_for_nothing(
    fleet: Path, rows: str
) -> None:
    (fleet.parent / "fleet.lock").write_text(
        f'{{"lock": 1, "ggufs": {{}}, "flags": {{"b12000": {rows}}}}}'
    )
    assert codes(fleet) == ["flag-table", "unknown-flag", "not-locked"]


def planned(ref: str, url: str | None = None) -> BuildPlan:
    text = FLEET.replace('"b12000"', f'"{ref}"' + (f'\n    url = "{url}"' if url else ""))
    fleet = compile_text(text).resolved
    assert fleet is not None
    return plan_host(fleet, "box").builds[0]


def test_a_rollout_asks_for_a_table_while_the_fleet_has_none(fleet: Path) -> None:
    def of(path: Path) -> Fleet:
        found = compile_file(path).resolved
        assert found is not None
        return found

    bare = of(fleet)
    assert lacks_flag_table(bare, planned("b12000"), switched=False)
    assert not lacks_flag_table(bare, planned(bundled()[0].ref), switched=True)
    assert not lacks_flag_table(bare, planned("main", "https://git.example/a/fork"), switched=True)
    lock_flags(str(fleet), "b12000", HELP)
    lock_flags(str(fleet), "master", HELP)
    full = of(fleet)
    assert not lacks_flag_table(full, planned("b12000"), switched=True)
    # A branch is another one with each commit.
    assert not lacks_flag_table(full, planned("master"), switched=False)
    assert lacks_flag_table(full, planned("master"), switched=True)
