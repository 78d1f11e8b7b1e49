"""Facts about a machine: its GPUs, and which users, groups and folders it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pyinfra.api.facts import FactBase

from llamafleet.backends import VENDORS
from llamafleet_roles.commands import command_line

# PCI needs no driver and no tool. Drivers add the architectures.
_GPUS = """
echo gpus 1
for device in "$1"/sys/bus/pci/devices/*; do
    case $(cat "$device/class" 2>/dev/null) in
    0x0300* | 0x0302* | 0x0380* | 0x1200*) echo "pci $(cat "$device/vendor")" ;;
    esac
done
"""


@dataclass(frozen=True, slots=True)
class DetectedGpus:
    """The GPUs of a machine: number by vendor, and architectures as far as drivers report them."""

    count: Mapping[str, int] = field(default_factory=dict)
    archs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return a dict for `pyinfra INVENTORY fact llamafleet_roles.base.facts.Gpus`."""
        return asdict(self)


class Gpus(FactBase[DetectedGpus | None]):
    """The GPUs of a machine; None if the probe could not run."""

    def command(self, root: str = "") -> str:
        """Return the probe; tests set another `root`."""
        probes = "".join(vendor.probe for vendor in VENDORS)
        return command_line("sh", "-c", f"{_GPUS}{probes}true\n", "gpus", root)

    @staticmethod
    def default() -> DetectedGpus | None:
        """Return None: unknown, which is not the same as no GPU."""
        return None

    def process(self, output: list[str]) -> DetectedGpus | None:
        """Count the PCI devices by vendor and collect the architectures that drivers report."""
        if not output or output[0] != "gpus 1":
            return None
        count: dict[str, int] = {}
        archs: dict[str, tuple[str, ...]] = {}
        for line in output[1:]:
            kind, _, value = line.strip().partition(" ")
            vendor = next((each.name for each in VENDORS if each.pci == value), None)
            name, _, arch = value.partition(" ")
            if kind == "pci" and vendor:
                count[vendor] = count.get(vendor, 0) + 1
            elif kind == "arch" and arch:
                archs[name] = (*archs.get(name, ()), arch)
        # A machine may show no PCI bus and still have a driver that lists its GPUs.
        return DetectedGpus({**{v: len(a) for v, a in archs.items()}, **count}, archs)


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
