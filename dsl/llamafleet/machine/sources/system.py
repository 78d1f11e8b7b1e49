"""The machine itself: processors, memory, disks, distribution, C library, kernel."""

from __future__ import annotations

import re
import shlex

from ..draft import Draft
from ..facts import Cpu, Disk, Distribution
from ..source import Answer, Source, failure

SYSTEM_COMMAND = r"""
echo "machine $(uname -m)"
echo "kernel $(uname -r)"
echo "libc $(getconf GNU_LIBC_VERSION 2>/dev/null)"
sed -n -e 's/^model name[[:space:]]*: */model /p' -e 's/^flags[[:space:]]*: */features /p' \
    -e 's/^Features[[:space:]]*: */features /p' "$root"/proc/cpuinfo | sort -u | head -n 8
echo "threads $(grep -c '^processor' "$root"/proc/cpuinfo)"
sed -n 's/^MemTotal: */ram /p' "$root"/proc/meminfo
sed 's/^/os /' "$root"/etc/os-release 2>/dev/null || sed 's/^/os /' "$root"/usr/lib/os-release
"""
# Only local file systems: one of the network that is gone would hang.
DISKS_COMMAND = "df -Pkl 2>/dev/null\ntrue\n"

_DISK = re.compile(r"(\S.*?)\s+(\d+)\s+\d+\s+(\d+)\s+\d+%\s+(/.*)$")
_NO_DISKS = ("tmpfs", "devtmpfs", "udev", "shm", "efivarfs", "none")


def read_system(answer: Answer, draft: Draft) -> None:
    """Note what the kernel and the C library say of themselves, and /etc/os-release."""
    said: dict[str, str] = {}
    release: dict[str, str] = {}
    for line in answer.lines:
        key, _, value = line.partition(" ")
        if key == "os":
            name, _, quoted = value.partition("=")
            release.setdefault(name, _unquoted(quoted))
        else:
            said.setdefault(key, value.strip())
    ram, libc = said.get("ram", "").split(), said.get("libc", "").split()
    draft.parts["kernel"] = said.get("kernel") or None
    draft.parts["ram"] = int(ram[0]) << 10 if ram and ram[0].isdigit() else None
    draft.parts["glibc"] = libc[1] if len(libc) == 2 and libc[0] == "glibc" else None
    threads = said.get("threads", "")
    if said.get("machine"):
        draft.parts["cpu"] = Cpu(
            machine=said["machine"],
            model=said.get("model"),
            threads=int(threads) if threads.isdigit() and threads != "0" else None,
            features=frozenset(said.get("features", "").split()),
        )
    if release.get("ID"):
        draft.parts["distribution"] = Distribution(
            id=release["ID"],
            version=release.get("VERSION_ID", ""),
            codename=release.get("VERSION_CODENAME", ""),
            like=tuple(release.get("ID_LIKE", "").split()),
            name=release.get("PRETTY_NAME", ""),
        )
    _explain(answer, draft)


def _explain(answer: Answer, draft: Draft) -> None:
    """Say what is missing: an empty part alone would read as if there were none."""
    reason = failure(answer)
    if draft.parts.get("glibc") is None:
        draft.not_known("glibc", reason or "getconf does not name it: another C library, perhaps")
    if draft.parts.get("distribution") is None:
        draft.not_known("distribution", reason or "there is no os-release with an ID")
    if draft.parts.get("ram") is None:
        draft.not_known("ram", reason or "/proc/meminfo does not say it")


def read_disks(answer: Answer, draft: Draft) -> None:
    """Note each local file system that is on a disk."""
    found = (_DISK.match(line) for line in answer.lines)
    draft.parts["disks"] = tuple(
        Disk(each[4], int(each[2]) << 10, int(each[3]) << 10)
        for each in found
        if each and each[1] not in _NO_DISKS and not each[4].startswith(("/snap/", "/boot"))
    )
    reason = failure(answer)
    if reason:
        draft.not_known("disks", reason)


def _unquoted(value: str) -> str:
    """Return a value of os-release without the quotes that a shell would take off."""
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value.strip("\"'")


SYSTEM = Source("system", SYSTEM_COMMAND, read_system)
DISKS = Source("disks", DISKS_COMMAND, read_disks)
