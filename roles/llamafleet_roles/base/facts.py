"""Facts about a machine: what it is, and which users, groups and folders it has."""

from __future__ import annotations

from collections.abc import Mapping

from pyinfra.api.facts import FactBase

from llamafleet.machine import MachineFacts
from llamafleet.machine.probe import LIMIT, read, script
from llamafleet_roles.commands import command_line


class Machine(FactBase[MachineFacts | None]):
    """Everything about a machine that a fleet depends on, in one round trip.

    None if the probe could not run; a tool that is missing, hangs or prints nonsense leaves its own
    part unknown. `pyinfra INVENTORY fact llamafleet_roles.base.facts.Machine` prints it.
    """

    def command(self, root: str = "", limit: int = LIMIT) -> str:
        """Return the probe; tests set another `root`, and fewer seconds as `limit` of a tool."""
        return command_line("sh", "-c", script(limit), "machine", root)

    @staticmethod
    def default() -> MachineFacts | None:
        """Return None: unknown, which is not the same as a machine without anything."""
        return None

    def process(self, output: list[str]) -> MachineFacts | None:
        """Read what the probe printed."""
        return read(output)


_ACCOUNTS = """
echo accounts 1
for name in $1; do id -u -- "$name" >/dev/null 2>&1 && echo "user $name"; done
for name in $2; do getent group "$name" >/dev/null 2>&1 && echo "group $name"; done
shift 2
for folder in "$@"; do
    [ -d "$folder" ] && [ ! -L "$folder" ] && stat -c 'folder %a %U %n' -- "$folder"
done
true
"""


class Accounts(FactBase[frozenset[str] | None]):
    """The users, groups and folders that exist, as `user NAME`, `folder MODE OWNER PATH`."""

    def command(
        self, users: tuple[str, ...], groups: tuple[str, ...], folders: tuple[str, ...]
    ) -> str:
        """Return the probe; names of users and groups contain no spaces."""
        return command_line(
            "sh", "-c", _ACCOUNTS, "accounts", " ".join(users), " ".join(groups), *folders
        )

    @staticmethod
    def default() -> frozenset[str] | None:
        """Return None: unknown."""
        return None

    def process(self, output: list[str]) -> frozenset[str] | None:
        """Return the lines after the first, which shows that the probe ran."""
        if not output or output[0] != "accounts 1":
            return None
        return frozenset(output[1:])


_PATHS = """
echo paths 1
n=0
while [ $# -gt 0 ]; do
    if [ ! -e "$2" ]; then
        echo "missing $n"
    elif [ "$(id -u)" = 0 ] && id -u -- "$1" >/dev/null 2>&1 &&
        ! runuser -u "$1" -- test -r "$2" 2>/dev/null; then
        echo "unreadable $n"
    fi
    n=$((n + 1))
    shift 2
done
"""


class UnreadablePaths(FactBase[Mapping[int, str] | None]):
    """The paths that cannot be read, by index: `missing` or `unreadable`."""

    def command(self, paths: tuple[tuple[str, str], ...]) -> str:
        """Return the probe for pairs of a user and a path."""
        return command_line("sh", "-c", _PATHS, "paths", *(word for pair in paths for word in pair))

    @staticmethod
    def default() -> Mapping[int, str] | None:
        """Return None: unknown."""
        return None

    def process(self, output: list[str]) -> Mapping[int, str] | None:
        """Parse the lines after the first, which shows that the probe ran."""
        if not output or output[0] != "paths 1":
            return None
        found = (line.partition(" ") for line in output[1:])
        return {int(index): problem for problem, _, index in found if index.isdigit()}
