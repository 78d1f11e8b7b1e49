"""Facts about the weights files of a host, and what it recorded when they were verified."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyinfra.api.facts import FactBase

from llamafleet.fleet.model import Gguf
from llamafleet.targets.paths import STATE
from llamafleet_roles.commands import command_line

FILES = Path(__file__).parent / "files"
RECORDS = f"{STATE}/weights"


def path_key(path: str) -> str:
    """Return the name under which a host records the weights file at `path`."""
    return hashlib.sha256(path.encode()).hexdigest()[:16]


def weights_source(gguf: Gguf) -> str:
    """Return the origin of weights as a host records it: `REPO@REVISION:FILE`, or `here`."""
    return f"{gguf.repo}@{gguf.revision}:{gguf.file}" if gguf.repo else "here"


@dataclass(frozen=True, slots=True)
class WeightsState:
    """Weights files of a host by `path_key`.

    `files` has `SIZE MTIME` of now, `known` has `SIZE MTIME SHA256 SOURCE` of when a file was
    verified, `running` the units of downloads.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    running: frozenset[str] = frozenset()

    def size(self, path: str) -> int | None:
        """Return the size of a file in bytes, None if it does not exist."""
        state = self.files.get(path_key(path), "").split(" ")[0]
        return int(state) if state.isdigit() else None

    def verified(self, path: str, gguf: Gguf) -> bool:
        """Return True if the file is unchanged since it was verified to be these weights.

        If their SHA-256 is known, it does not matter from which commit the file came.
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
    """The state of the weights files at some paths; None if the probe could not run."""

    def command(self, paths: tuple[str, ...]) -> str:
        """Return the probe, a script that never fails."""
        items = [item for path in paths for item in (path_key(path), path)]
        return command_line("sh", "-c", (FILES / "probe.sh").read_text(), "probe", RECORDS, *items)

    @staticmethod
    def default() -> WeightsState | None:
        """Return None: unknown."""
        return None

    def process(self, output: list[str]) -> WeightsState | None:
        """Parse the probe's tab-separated lines."""
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
