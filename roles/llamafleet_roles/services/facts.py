"""The state of a host: files, units, owed restarts and the manifest, in one round trip."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyinfra.api.facts import FactBase

from llamafleet_roles.commands import command_line
from llamafleet_roles.services.manifest import Manifest, read_manifest
from llamafleet_roles.services.ports import PortHolder

FILES = Path(__file__).parent / "files"
PROBE = ("functions", "ports", "probe")
_TAB = "\t"


@dataclass(frozen=True, slots=True)
class FileState:
    """A regular file: its SHA-256, and `MODE OWNER GROUP`."""

    sha256: str
    access: str


@dataclass(frozen=True, slots=True)
class UnitState:
    """ActiveState, UnitFileState and NeedDaemonReload of a unit.

    `current` is False if it runs a program that was replaced on disk.
    """

    active: str
    enabled: str
    needs_reload: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Generation:
    """A state that a host keeps: its number, and the SHA-256 of its plan and of its names."""

    number: str
    plan: str
    names: str


@dataclass(frozen=True, slots=True)
class HostState:
    """The state of a host; files that do not exist are not in `files`.

    `stale` are weights, by unit, that were replaced after the unit had loaded them. `held` are
    other processes at the ports of the plan, `root_owned` files of a service's database that belong
    to root, and `state` differs after each rollout. `generation` is the current one; `names` is the
    SHA-256 of what builds, programs and weights are now, as a generation keeps it.
    """

    files: Mapping[str, FileState] = field(default_factory=dict)
    units: Mapping[str, UnitState] = field(default_factory=dict)
    owed: tuple[str, ...] = ()
    manifest: Manifest | None = None
    stale: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    held: tuple[PortHolder, ...] = ()
    root_owned: tuple[str, ...] = ()
    state: str = ""
    generation: Generation | None = None
    names: str = ""


class Services(FactBase[HostState | None]):
    """The state of files and of units (name, executable); None if the probe could not run."""

    def command(
        self,
        files: tuple[str, ...],
        units: tuple[tuple[str, str], ...],
        sockets: tuple[tuple[str, str], ...] = (),
        stores: tuple[str, ...] = (),
        names: tuple[str, ...] = (),
    ) -> str:
        """Return the probe, a script that never fails.

        `sockets` are (unit, `socket_key`), `names` as `names_of` returns them.
        """
        script = "".join((FILES / f"{name}.sh").read_text() for name in PROBE)
        items = [f"F:{path}" for path in files]
        items += [f"U:{name}:{executable}" for name, executable in units]
        items += [f"P:{unit}:{wanted}" for unit, wanted in sockets]
        items += [f"S:{path}" for path in stores]
        items += [f"N:{name.replace(_TAB, ':', 1)}" for name in names]
        return command_line("sh", "-c", script, "probe", *items)

    @staticmethod
    def default() -> HostState | None:
        """Return None, also for a probe that failed: the state is unknown, not empty."""
        return None

    def process(self, output: list[str]) -> HostState | None:
        """Parse the probe's tab-separated lines."""
        if not output or output[0] != "probe\t1":
            return None
        files: dict[str, FileState] = {}
        units: dict[str, UnitState] = {}
        held: list[PortHolder] = []
        stale: dict[str, tuple[str, ...]] = {}
        generation = None
        texts: dict[str, list[str]] = {
            kind: [] for kind in ("owed", "stray", "state", "manifest", "names")
        }
        for line in output[1:]:
            match line.split("\t"):
                case ["file", path, sha256, access]:
                    files[path] = FileState(sha256, access)
                case ["unit", name, active, enabled, reload, current]:
                    units[name] = UnitState(active, enabled, reload == "yes", current == "current")
                case ["stale", name, path]:
                    stale[name] = (*stale.get(name, ()), path)
                case ["held", unit, wanted, pid, *described]:
                    held.append(PortHolder(unit, wanted, int(pid), *described[:4]))
                case ["generation", number, plan, names]:
                    generation = Generation(number, plan, names)
                case [("owed" | "stray" | "state" | "manifest" | "names") as kind, *rest]:
                    texts[kind].append("\t".join(rest))
        text = "\n".join(texts["manifest"])
        return HostState(
            files,
            units,
            owed=tuple(texts["owed"]),
            manifest=read_manifest(text) if text else None,
            stale=stale,
            held=tuple(held),
            root_owned=tuple(texts["stray"]),
            state="".join(texts["state"]),
            generation=generation,
            names="".join(texts["names"]),
        )


class Texts(FactBase[dict[str, str]]):
    """The texts of files by path, for showing differences; unreadable files are left out."""

    def command(self, paths: tuple[str, ...]) -> str:
        """Return a script that prints each file as one line of base64."""
        line = 'printf "%s\\t%s\\n" "$f" "$(base64 -w0 <"$f")"'
        script = f'for f in "$@"; do {line}; done 2>/dev/null; true'
        return command_line("sh", "-c", script, "texts", *paths)

    @staticmethod
    def default() -> dict[str, str]:
        """Return an empty mapping."""
        return {}

    def process(self, output: list[str]) -> dict[str, str]:
        """Decode the lines: path to text."""
        found: dict[str, str] = {}
        for line in output:
            path, _, encoded = line.partition("\t")
            try:
                found[path] = base64.b64decode(encoded).decode("utf-8", "replace")
            except ValueError:
                continue
        return found
