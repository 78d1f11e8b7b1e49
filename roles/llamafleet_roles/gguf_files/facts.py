"""Facts about the weights files of a host, and what it recorded when they were verified."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyinfra.api.facts import FactBase

from llamafleet.fleet.model import Gguf
from llamafleet.targets.paths import STATE
from llamafleet.targets.proxy.weights_share import PATH as SITE
from llamafleet_roles.commands import command_line
from llamafleet_roles.gguf_files.transfer.part import PIECE

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
    verified, `running` the units of downloads. `stored` are the hashes of files in the store,
    `received` the bytes of each that is arriving, by hash, and `free` the bytes that are free.
    `shared` is the hash of the site with which nginx shares the store, None if there is none.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    running: frozenset[str] = frozenset()
    stored: frozenset[str] = frozenset()
    received: Mapping[str, int] = field(default_factory=dict)
    free: int | None = None
    shared: str | None = None

    def size(self, path: str) -> int | None:
        """Return the size of a file in bytes, None if it does not exist."""
        state = self.files.get(path_key(path), "").split(" ")[0]
        return int(state) if state.isdigit() else None

    @property
    def known_hashes(self) -> frozenset[str]:
        """Return the hashes of files at the given paths that are unchanged since verified."""
        return frozenset(
            sha256
            for key, text in self.known.items()
            if (sha256 := self._unchanged(key, text)) is not None
        )

    def sha256(self, path: str) -> str | None:
        """Return the hash of the file at a path, if it is unchanged since it was verified."""
        key = path_key(path)
        return self._unchanged(key, self.known.get(key, ""))

    def _unchanged(self, key: str, text: str) -> str | None:
        words = text.split(" ", 3)
        same = len(words) == 4 and self.files.get(key) == " ".join(words[:2])
        return words[2] if same else None

    def verified(self, path: str, gguf: Gguf) -> bool:
        """Return True if the file is unchanged since it was verified to be these weights.

        If their SHA-256 is known, it does not matter from which commit the file came.
        """
        sha256 = self.sha256(path)
        if sha256 is None or gguf.sha256 is not None:
            return sha256 is not None and sha256 == gguf.sha256
        return self.known[path_key(path)].split(" ", 3)[3] == weights_source(gguf)


class GgufFiles(FactBase[WeightsState | None]):
    """The state of the weights files at some paths; None if the probe could not run."""

    def command(self, paths: tuple[str, ...], store: str = "") -> str:
        """Return the probe, a script that never fails; `store` is the folder of the store."""
        items = [item for path in paths for item in (path_key(path), path)]
        script = (FILES / "probe.sh").read_text()
        return command_line("sh", "-c", script, "probe", RECORDS, store, SITE, *items)

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
        stored: set[str] = set()
        received: dict[str, int] = {}
        free = shared = None
        for line in output[1:]:
            match line.split("\t", 2):
                case ["file", key, state]:
                    files[key] = state
                case ["known", key, text]:
                    known[key] = text
                case ["running", unit]:
                    running.add(unit.removesuffix(".service"))
                case ["stored", sha256]:
                    stored.add(sha256)
                case ["received", sha256, pieces] if pieces.isdigit():
                    received[sha256] = int(pieces) * PIECE
                case ["free", count] if count.isdigit():
                    free = int(count) * 1024
                case ["shared", sha256]:
                    shared = sha256
        return WeightsState(
            files, known, frozenset(running), frozenset(stored), received, free, shared
        )
