"""The cards that a llama-server sees."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_SIZE = re.compile(r"(?:([A-Za-z]+\d*)[=:])?(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Device:
    """One card: its name as llama-server prints it, and its memory in bytes."""

    name: str
    memory: int


def devices_of(texts: Sequence[str]) -> tuple[Device, ...] | str:
    """Cards as `24GiB` or `Vulkan0=8GiB`; without a name they are CUDA0, CUDA1, ..."""
    found: list[Device] = []
    for text in texts:
        match = _SIZE.fullmatch(text.strip())
        size = int(float(match[2]) * UNITS[match[3].lower()]) if match else 0
        if match is None or size <= 0:
            return f'"{text}" is no size of a card: write 24GiB, or Vulkan0=8GiB'
        name = match[1] or f"CUDA{len(found)}"
        if name.upper() == "CPU" or any(name == each.name for each in found):
            return f'there cannot be another device "{name}"'
        found.append(Device(name, size))
    return tuple(found)
