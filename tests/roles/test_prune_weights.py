"""Weights that no name leads to are shown, and removed if asked; those in use stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llamafleet_roles.prune.facts import prune_command, read_unused
from tests.roles.machine import Machine

STORE = "/models/.store"
USED, KEPT, UNUSED, SHARED = (letter * 64 for letter in "abcd")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A host whose store has a file for each reason to stay, and one without any."""
    found = Machine.in_folder(tmp_path)
    for sha256 in (USED, KEPT, UNUSED, SHARED):
        found.write(f"{STORE}/{sha256}", "GGUF")
        found.write(f"{STORE}/{sha256}.pieces", "")
    found.write(f"{STORE}/{'e' * 64}.part", "GG")
    found.write(f"{STORE}/{'e' * 64}.part.state", "")
    found.at("/models/o").mkdir()
    found.at("/models/o/a.gguf").symlink_to(found.at(f"{STORE}/{USED}"))
    os.link(found.at(f"{STORE}/{SHARED}"), found.at("/models/mine.gguf"))
    names = f"weights\t/models/o/a.gguf\tlink {STORE}/{KEPT}\n"
    found.write("/var/lib/llamafleet/generations/1/names.tsv", names)
    return found


def pruned(machine: Machine, mode: str) -> list[tuple[str, str]]:
    done = machine.run(prune_command(("weights:/models/o/a.gguf", f"store:{STORE}"), mode))
    assert done.returncode == 0, done.stderr
    unused = read_unused(done.stdout.splitlines())
    assert unused is not None
    return sorted((each.kind, each.path) for each in unused if each.path.startswith(STORE))


def test_what_no_name_leads_to_is_shown_and_then_removed(machine: Machine) -> None:
    expected = [("arriving", f"{STORE}/{'e' * 64}.part"), ("weights", f"{STORE}/{UNUSED}")]
    assert pruned(machine, "show") == expected
    assert machine.at(f"{STORE}/{UNUSED}").exists()
    assert pruned(machine, "remove") == expected
    assert pruned(machine, "show") == []
    left = {path.name for path in machine.at(STORE).iterdir()}
    assert left == {
        name for sha256 in (USED, KEPT, SHARED) for name in (sha256, f"{sha256}.pieces")
    }
