"""Facts about the llama-swap binaries of a host and their origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyinfra.api.facts import FactBase

from llamafleet_roles.commands import command_line

FILES = Path(__file__).parent / "files"


@dataclass(frozen=True, slots=True)
class InstalledBinaries:
    """The machine's architecture; for each path a binary's SHA-256 and the recorded origin."""

    machine: str = ""
    binaries: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class Binaries(FactBase[InstalledBinaries | None]):
    """The binaries at some paths; None if the probe could not run."""

    def command(self, paths: tuple[str, ...]) -> str:
        """Return the probe, a script that never fails."""
        return command_line("sh", "-c", (FILES / "probe.sh").read_text(), "probe", *paths)

    @staticmethod
    def default() -> InstalledBinaries | None:
        """Return None: unknown."""
        return None

    def process(self, output: list[str]) -> InstalledBinaries | None:
        """Parse the probe's lines."""
        if len(output) < 2 or output[0] != "swap 1":
            return None
        binaries: dict[str, tuple[str, str]] = {}
        for line in output[2:]:
            match line.split("\t"):
                case ["binary", path, sha256, origin]:
                    binaries[path] = (sha256, origin)
        return InstalledBinaries(output[1].removeprefix("machine "), binaries)
