"""NVIDIA's cards and driver, from nvidia-smi, the kernel module and the libraries beside it."""

from __future__ import annotations

import csv
import re

from ..draft import Draft, address
from ..source import MISSING, Answer, Source, failure

FIELDS = ("pci.bus_id", "uuid", "name", "memory.total", "driver_version", "compute_cap")

# Drivers before 470 do not know compute_cap, and then answer nothing at all.
CARDS_COMMAND = f"""
command -v nvidia-smi >/dev/null || exit {MISSING}
nvidia-smi --query-gpu={",".join(FIELDS)} --format=csv,noheader,nounits && exit
nvidia-smi --query-gpu={",".join(FIELDS[:-1])} --format=csv,noheader,nounits
"""
DRIVER_COMMAND = r"""
cat "$root"/proc/driver/nvidia/version 2>/dev/null
sed 's/^/module /' "$root"/sys/module/nvidia/version 2>/dev/null
file=$(ldconfig -p 2>/dev/null | sed -n 's/.*libnvidia-ml\.so\.1 .*=> //p' | head -n 1)
[ -z "$file" ] || echo "library $(readlink -f "$file")"
command -v nvidia-smi >/dev/null || exit 0
nvidia-smi
"""

_HANDLE = re.compile(r"Unable to determine the device handle for GPU ?([0-9A-Fa-f:.]+): *(.*)")
_MODULE = re.compile(
    r"NVRM version: NVIDIA UNIX (Open )?.*Kernel Module(?: for \S+)? +(\d+(?:\.\d+)+)"
)
_KERNEL = re.compile(r"(?:Driver|KMD) Version: *(\d+(?:\.\d+)+)")
_API = re.compile(r"CUDA (?:UMD )?Version: *(\d+\.\d+)")
_NVML = re.compile(r"NVML library version: *(\d+(?:\.\d+)+)")
_FILE = re.compile(r"library .*libnvidia-ml\.so\.(\d+\.\d+(?:\.\d+)*)$")
_SYSFS = re.compile(r"module (\d+(?:\.\d+)+)$")
_NUMBER = re.compile(r"\d+(?:\.\d+)+")


def read_cards(answer: Answer, draft: Draft) -> None:
    """Note each card of the table; `[N/A]` and its like are no values."""
    for row in csv.reader(answer.lines, skipinitialspace=True):
        place = address(row[0]) if len(row) >= len(FIELDS) - 1 else None
        if place is None:
            continue
        _, uuid, name, memory, version, capability = (*map(_value, row), None)[: len(FIELDS)]
        draft.card(
            place,
            pci=place,
            vendor="nvidia",
            uuid=uuid if uuid and uuid.startswith("GPU-") else None,
            name=name,
            vram=str(int(memory) << 20) if memory and memory.isdigit() else None,
            arch=_architecture(capability),
        )
        draft.driver("nvidia", module=version if _is_number(version) else None)
        if name and name.startswith("NVIDIA GB10"):
            draft.card(place, integrated="yes")
    for found in map(_HANDLE.search, answer.lines):
        place = address(found[1]) if found else None
        if found and place:
            draft.card(place, pci=place, vendor="nvidia", trouble=f"nvidia-smi: {found[0]}")
    reason = failure(answer)
    if reason and _has_cards(draft):
        draft.not_known("nvidia-smi", reason)


def read_driver(answer: Answer, draft: Draft) -> None:
    """Note the versions of the module and of the libraries, and the newest CUDA that they know."""
    for line in answer.lines:
        module, library = _MODULE.search(line), _FILE.search(line) or _NVML.search(line)
        kernel, api, sysfs = _KERNEL.search(line), _API.search(line), _SYSFS.match(line)
        if module:
            draft.driver("nvidia", module=module[2], open="yes" if module[1] else "no")
        for found in (sysfs, kernel):
            draft.driver("nvidia", module=found[1] if found else None)
        draft.driver("nvidia", library=library[1] if library else None)
        draft.driver("nvidia", api=api[1] if api else None)


def _value(cell: str) -> str | None:
    """Return a cell of the table; None for [N/A], [Not Supported], [Unknown Error]."""
    cell = cell.strip()
    return None if not cell or cell.startswith("[") or cell == "N/A" else cell


def _architecture(capability: str | None) -> str | None:
    """Return 8.6 as sm_86."""
    return f"sm_{(capability or '').replace('.', '')}" if _is_number(capability) else None


def _is_number(text: str | None) -> bool:
    return bool(text and _NUMBER.fullmatch(text))


def _has_cards(draft: Draft) -> bool:
    return any(known.get("vendor") == "nvidia" for known in draft.cards.values())


# The module's own words come before what a tool makes of them.
NVIDIA_DRIVER = Source("nvidia-driver", DRIVER_COMMAND, read_driver)
NVIDIA_SMI = Source("nvidia-smi", CARDS_COMMAND, read_cards)
