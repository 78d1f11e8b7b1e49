"""The cards that a llama-server sees."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...dataclasses import dataclass

POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}
UNSAID = 1 << 40
"""Memory of a server of which nothing is said: every placement fits."""
_SIZE = re.compile(
    r"(?:([A-Za-z]+\d*)[=:])?(\d{1,9}(?:\.\d{1,9})?)\s*([kmgt])(i?b)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Device:
    """One card: its name as llama-server prints it, and its memory in bytes."""

    name: str
    memory: int


def devices_of(texts: Sequence[str], servers: int = 0) -> tuple[Device, ...] | str:
    """Read cards such as `24GiB` or `Vulkan0=8GiB`; a message says what is wrong.

    Those without a name are CUDA0, CUDA1, ...

    As in a fleet file, 24GB are 24 thousand million bytes; 24G are 24GiB.

    Of as many as there are `servers` (--rpc), those without a name are RPC0, RPC1, ..., which stand
    before all others; a server of which nothing is said has as much as the last one.
    """
    found: list[Device] = []
    remote: list[Device] = []
    for text in texts:
        match = _SIZE.fullmatch(text.strip())
        size = _bytes(match) if match else 0
        if match is None or size <= 0:
            return f'"{text}" is no size of a card: write 24GiB, or Vulkan0=8GiB'
        if match[1] is None and len(remote) < servers:
            remote.append(Device(f"RPC{len(remote)}", size))
            continue
        name = match[1] or f"CUDA{len(found)}"
        if name.upper() == "CPU" or any(name == each.name for each in (*remote, *found)):
            return f'there cannot be another device "{name}"'
        found.append(Device(name, size))
    named = sum(each.name.startswith("RPC") for each in found)
    while len(remote) + named < servers:
        remote.append(Device(f"RPC{len(remote) + named}", remote[-1].memory if remote else UNSAID))
    return (*remote, *found)


def _bytes(match: re.Match[str]) -> int:
    decimal = (match[4] or "").lower() == "b"
    return int(float(match[2]) * (1000 if decimal else 1024) ** POWERS[match[3].lower()])
