"""Headers that hosts have read: who writes them, and what is said where hosts differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from llamafleet.compiler import compile_file
from llamafleet.fleet.model import Fleet, GgufFile
from llamafleet.lock.model import LockedGguf, asked_of
from llamafleet_roles.gguf_files import locked

FLEET = """
fleet 1

host one {}

host two {}

build cpu {
    ref     = "b11434"
    backend = cpu
}

gguf small {
    path = "/models/small.gguf"
}

gguf hub {
    hf-repo = "org/tiny-GGUF"
    hf-file = "tiny.gguf"
}

model chat {
    gguf  = small
    draft = hub
}

llama-server chat {
    hosts = [one, two]
    build = cpu
    model = chat
}
"""


@dataclass
class Listener:
    """A host that remembers what is said about it."""

    said: list[str] = field(default_factory=list)

    def log(self, line: str) -> None:
        self.said.append(line)

    def log_styled(self, line: str, **_: Any) -> None:
        self.said.append(line)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """A fleet file in a folder of its own, of which no host has read anything."""
    path = tmp_path / "fleet.fleet"
    path.write_text(FLEET)
    found = compile_file(path).fleet
    assert found
    yield found
    locked._READ.clear()


def has(fleet: Fleet, host: str, size: int, sha256: str | None = None) -> None:
    """Let a host have read a header."""
    gguf = fleet.ggufs["small"]
    facts = {"architecture": "llama", "vocabulary": 1, "metadata": {}, "files": []}
    file = GgufFile("/models/small.gguf", size, sha256)
    read = locked._READ.setdefault(fleet.path, locked._Read())
    read.found.setdefault("small", {})[host] = LockedGguf(asked_of(gguf), "", (file,), facts)


def written(fleet: Fleet, host: str) -> list[str]:
    """Return the output of a host that writes."""
    listener = Listener()
    assert locked._write(None, listener, fleet, host, fleet.ggufs["small"])  # type: ignore[arg-type]
    return listener.said


def in_lock(fleet: Fleet) -> Any:
    """The entry of the weights."""
    path = Path(fleet.path).with_name("fleet.lock")
    return json.loads(path.read_text())["ggufs"]["small"] if path.exists() else None


def test_only_weights_with_a_path_are_read(fleet: Fleet) -> None:
    assert [each.name for each in locked.ggufs_on(fleet, "one")] == ["small"]


def test_the_first_host_of_the_fleet_writes(fleet: Fleet) -> None:
    has(fleet, "two", 1000)
    has(fleet, "one", 1000)
    assert written(fleet, "two") == []
    assert in_lock(fleet) is None
    assert written(fleet, "one") == ["+ gguf small: /models/small.gguf, 1000 bytes"]
    assert in_lock(fleet)["files"][0]["size"] == 1000
    assert written(fleet, "one") == []


def test_hosts_that_differ_are_told_of(fleet: Fleet) -> None:
    has(fleet, "one", 1000)
    has(fleet, "two", 2000)
    written(fleet, "one")
    (said,) = written(fleet, "two")
    assert said.startswith("~ gguf small: /models/small.gguf: 1000 bytes → 2")
    assert said.endswith(" (on this host, compared with one)")
    assert in_lock(fleet)["files"][0]["size"] == 1000


def test_a_file_that_has_changed_is_told_of_and_written(fleet: Fleet) -> None:
    has(fleet, "one", 1000, "a" * 64)
    written(fleet, "one")
    has(fleet, "one", 1000)  # nobody has hashed it on this host: what is known stays
    assert written(fleet, "one") == []
    assert in_lock(fleet)["files"][0]["sha256"] == "a" * 64
    has(fleet, "one", 1500)
    (said,) = written(fleet, "one")
    assert "1000 bytes → 1.5 KiB" in said
    assert in_lock(fleet)["files"][0] == {
        "file": "/models/small.gguf",
        "size": 1500,
        "sha256": None,
    }
