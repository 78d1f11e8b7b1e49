"""A fact: the files below a folder of a host, in one round trip however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyinfra.api.facts import FactBase

from llamafleet.discovery.files import Asked, SeenFile, wanted
from llamafleet.fleet.observed import ObservedFile
from llamafleet.targets.plan_types import DiscoverPlan
from llamafleet_roles.commands import command_line

SCRIPT = Path(__file__).parent / "files" / "folder.sh"
SHOWN = 5
"""Files that a message names; the others are counted."""


@dataclass(frozen=True, slots=True)
class FolderState:
    """The files below a folder. `problems` are what could not be read, in find's words.

    `there` is False if there is no such folder. `inodes` are those of the files that were named.
    """

    files: tuple[SeenFile, ...] = ()
    problems: tuple[str, ...] = ()
    there: bool = True
    inodes: frozenset[str] = frozenset()


class FolderFiles(FactBase[FolderState | None]):
    """The files below a folder; None if the host could not be asked."""

    def command(self, folder: str, declared: tuple[str, ...] = ()) -> str:
        """Return the script, which never fails; `declared` are paths, here or elsewhere."""
        return command_line("sh", "-c", SCRIPT.read_text(), "folder", folder, *declared)

    @staticmethod
    def default() -> FolderState | None:
        """Return None: unknown."""
        return None

    def process(self, output: list[str]) -> FolderState | None:
        """Parse the tab-separated lines of the script."""
        if not output or output[0] != "folder 1":
            return None
        if output[1:] == ["missing"]:
            return FolderState(there=False)
        files: list[SeenFile] = []
        problems: list[str] = []
        inodes: set[str] = set()
        odd = 0
        for line in output[1:]:
            match line.split("\t", 4):
                case ["file", size, time, inode, path] if size.isdigit():
                    files.append(SeenFile(ObservedFile(path, int(size), _seconds(time)), inode))
                case ["inode", inode]:
                    inodes.add(inode)
                case ["problem", text]:
                    problems.append(text)
                case ["broken", path]:
                    problems.append(f"{path} links to nothing")
                case ["odd"]:
                    odd += 1
        if odd:
            problems.append(f"{odd} paths have control characters in them: rename those files")
        return FolderState(tuple(files), tuple(problems), inodes=frozenset(inodes))


def _seconds(text: str) -> int:
    """Return whole seconds since 1970; a file may claim to be older."""
    whole = text.partition(".")[0]
    return int(whole) if whole.isdigit() else 0


def asked_of_plan(plan: DiscoverPlan, state: FolderState) -> Asked:
    """Return what a plan asks for in a folder."""
    declared = frozenset(plan.declared)
    return Asked(plan.folder, plan.include, plan.exclude, declared, state.inodes)


def news(plan: DiscoverPlan, state: FolderState) -> Iterator[str]:
    """Yield a line for each way in which a folder is not what the lock says."""
    if not state.there:
        yield f"{plan.folder} does not exist: nothing can be discovered there"
        return
    known = {each.file: each for each in plan.known or ()}
    here = {each.file.file: each.file for each in wanted(state.files, asked_of_plan(plan, state))}
    changes = (
        ("new", [path for path in here if path not in known]),
        ("changed", [path for path in here if path in known and here[path] != known[path]]),
        ("gone", [path for path in known if path not in here and path not in plan.declared]),
    )
    for word, paths in changes:
        if paths:
            yield f"{word} in {plan.folder} since fleet.lock was written: {_few(paths)}"


def _few(paths: list[str]) -> str:
    rest = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(sorted(paths)[:SHOWN]) + rest
