"""Which weights a host has, and what it remembers of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyinfra.api.facts import FactBase

from llamafleet.fleet.model import Gguf
from llamafleet.targets.places import STATE
from llamafleet_roles.commands import command_line

FILES = Path(__file__).parent / "files"
VERIFIED = f"{STATE}/weights"


def path_key(path: str) -> str:
    """A name for a path that any file system takes."""
    return hashlib.sha256(path.encode()).hexdigest()[:16]


def weights_source(gguf: Gguf) -> str:
    """Where weights come from, as a host remembers it."""
    return f"{gguf.repo}@{gguf.revision}:{gguf.file}" if gguf.repo else "here"


@dataclass(frozen=True, slots=True)
class WeightsState:
    """Files by key: `SIZE MTIME` now, and `SIZE MTIME SHA256 SOURCE` when it was verified."""

    files: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    running: frozenset[str] = frozenset()

    def size(self, path: str) -> int | None:
        """The size of a file, None where there is none."""
        state = self.files.get(path_key(path), "").split(" ")[0]
        return int(state) if state.isdigit() else None

    def verified(self, path: str, gguf: Gguf) -> bool:
        """Whether the file is, untouched, what was verified, and that is what is wanted.

        Where its SHA-256 is known, it does not matter by which commit it came.
        """
        key = path_key(path)
        remembered = self.known.get(key, "").split(" ", 3)
        if len(remembered) != 4 or self.files.get(key) != " ".join(remembered[:2]):
            return False
        _, _, sha256, source = remembered
        if gguf.sha256 is not None:
            return sha256 == gguf.sha256
        return source == weights_source(gguf)


class GgufFiles(FactBase[WeightsState | None]):
    """The state of files at these paths; None where the probe could not run."""

    def command(self, paths: tuple[str, ...]) -> str:
        """The probe, a script that never fails."""
        items = [item for path in paths for item in (path_key(path), path)]
        return command_line("sh", "-c", (FILES / "probe.sh").read_text(), "probe", VERIFIED, *items)

    @staticmethod
    def default() -> WeightsState | None:
        """No knowledge."""
        return None

    def process(self, output: list[str]) -> WeightsState | None:
        """The probe's tab-separated lines."""
        if not output or output[0] != "weights 1":
            return None
        files: dict[str, str] = {}
        known: dict[str, str] = {}
        running: set[str] = set()
        for line in output[1:]:
            match line.split("\t", 2):
                case ["file", key, state]:
                    files[key] = state
                case ["known", key, text]:
                    known[key] = text
                case ["running", unit]:
                    running.add(unit.removesuffix(".service"))
        return WeightsState(files, known, frozenset(running))
