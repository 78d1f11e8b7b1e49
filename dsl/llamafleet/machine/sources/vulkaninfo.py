"""The names of cards that Vulkan's drivers give, where no vendor's tool is installed."""

from __future__ import annotations

import re

from ...backends import VENDORS
from ..draft import Draft
from ..source import MISSING, Answer, Source

COMMAND = f"""
command -v vulkaninfo >/dev/null || exit {MISSING}
vulkaninfo --summary 2>/dev/null
"""

_DEVICE = re.compile(r"GPU(\d+):$")
_MESA = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-0{12}")


def read(answer: Answer, draft: Draft) -> None:
    """Note the name of each card, and whether it is part of a processor."""
    device: dict[str, str] = {}
    for line in (*answer.lines, "GPU0:"):
        if _DEVICE.match(line.strip()):
            _note(device, draft)
            device = {}
        key, equals, value = line.partition("=")
        if equals:
            device.setdefault(key.strip(), value.strip())


def _note(device: dict[str, str], draft: Draft) -> None:
    vendor = next((each.name for each in VENDORS if each.pci == device.get("vendorID")), None)
    if vendor is None:
        return
    key = place_of(vendor, device.get("deviceUUID", ""), draft)
    key = key or _only(vendor, device.get("deviceID", ""), draft)
    if key not in draft.cards:
        return
    name = re.sub(r" \((RADV|LLVM|NVK)[^)]*\)$", "", device.get("deviceName", ""))
    draft.card(key, name=name)
    if device.get("deviceType") == "PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU":
        draft.card(key, integrated="yes")


def place_of(vendor: str, uuid: str, draft: Draft) -> str | None:
    """Return the card of a deviceUUID: NVIDIA's own UUID; with AMD's drivers its address.

    Those write domain, bus, device and function as four numbers of 32 bits, lowest byte first.
    """
    if vendor == "nvidia":
        own = f"GPU-{uuid}"
        return next((key for key, card in draft.cards.items() if card.get("uuid") == own), None)
    if vendor != "amd":
        return None
    raw = bytes.fromhex(uuid.replace("-", "")) if re.fullmatch(r"[0-9a-f-]{36}", uuid) else b""
    if len(raw) != 16:
        return None
    numbers = [int.from_bytes(raw[at : at + 4], "little") for at in (0, 4, 8, 12)]
    domain, bus, device, function = numbers
    return f"{domain:04x}:{bus:02x}:{device:02x}.{function:x}"


def _only(vendor: str, device: str, draft: Draft) -> str:
    """Return the one card with this number, or "" where several have it."""
    same = [
        key
        for key, card in draft.cards.items()
        if card.get("vendor") == vendor and card.get("device") == device
    ]
    return same[0] if len(same) == 1 else ""


VULKANINFO = Source("vulkaninfo", COMMAND, read)
