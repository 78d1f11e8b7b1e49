"""Intel's names of its cards, from xpu-smi."""

from __future__ import annotations

import re

from ..draft import Draft, address
from ..source import MISSING, Answer, Source

COMMAND = f"""
command -v xpu-smi >/dev/null || exit {MISSING}
xpu-smi discovery
"""

_FIELD = re.compile(r"(Device Name|SOC UUID|UUID|PCI BDF Address): *(.*?)\s*\|?\s*$")


def read(answer: Answer, draft: Draft) -> None:
    """Note name and UUID of each card of the table, by its address on the bus."""
    said: dict[str, str] = {}
    for found in filter(None, map(_FIELD.search, answer.lines)):
        if found[1] == "Device Name":
            said = {}
        said[found[1]] = found[2]
        place = address(said.get("PCI BDF Address", ""))
        if place:
            uuid = said.get("SOC UUID") or said.get("UUID")
            name = said.get("Device Name")
            draft.card(place, pci=place, vendor="intel", name=name, uuid=uuid)


XPU_SMI = Source("xpu-smi", COMMAND, read)
