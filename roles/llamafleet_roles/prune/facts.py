"""What nothing refers to on a host."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyinfra.api.facts import FactBase

from llamafleet.targets.plan_types import HostPlan
from llamafleet_roles.commands import command_line
from llamafleet_roles.services.facts import FILES as SERVICES

FILES = Path(__file__).parent / "files"

KINDS = {
    "build": "an install of llama.cpp",
    "name": "the name of a build that the fleet file no longer has",
    "release": "a release of llama-swap",
    "unfinished": "left by an interrupted installation",
    "weights": "weights that no name leads to any more",
    "arriving": "weights whose download was interrupted, which would go on from there",
    "work": "left by an interrupted compilation, which would go on from there",
}


@dataclass(frozen=True, slots=True)
class Unused:
    """A path that nothing refers to, with its size in kB; `kind` is one of KINDS."""

    kind: str
    kilobytes: int
    path: str


def planned_names(plan: HostPlan) -> tuple[str, ...]:
    """Return what the plan of a host refers to, as the script takes it."""
    builds = (f"build:{each.directory}" for each in plan.builds)
    programs = (f"program:{each.path}" for service in plan.services for each in service.releases)
    weights = (f"weights:{each.path}" for each in plan.ggufs)
    stores = (f"store:{store}" for store in dict.fromkeys(each.store for each in plan.ggufs))
    return (*builds, *programs, *weights, *stores)


def prune_command(names: tuple[str, ...], mode: str) -> str:
    """Return the script that lists (`show`) or removes (`remove`) what nothing refers to.

    `names` are what the fleet file has for the host, as `planned_names` returns them.
    """
    script = (SERVICES / "functions.sh").read_text() + (FILES / "prune.sh").read_text()
    return command_line("sh", "-c", script, "prune", mode, *names)


def read_unused(output: list[str]) -> tuple[Unused, ...] | None:
    """Parse the script's lines; None if it could not run."""
    if "prune 1" not in output:
        return None
    found = (line.split(" ", 3) for line in output if line.startswith("unused "))
    return tuple(
        Unused(kind, int(size) if size.isdigit() else 0, path) for _, kind, size, path in found
    )


class UnusedPaths(FactBase[tuple[Unused, ...] | None]):
    """What nothing refers to; None if it could not be found out."""

    def command(self, names: tuple[str, ...]) -> str:
        """Return the script, which changes nothing."""
        return prune_command(names, "show")

    @staticmethod
    def default() -> tuple[Unused, ...] | None:
        """Return None: unknown."""
        return None

    def process(self, output: list[str]) -> tuple[Unused, ...] | None:
        """Parse the script's lines."""
        return read_unused(output)
