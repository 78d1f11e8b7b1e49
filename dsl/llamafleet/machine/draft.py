"""What the sources of a probe have said so far; the first to say a thing of a card wins."""

from __future__ import annotations

import re
from typing import Any

from ..backends import VENDORS
from .facts import Driver, Gpu, MachineFacts, Serving, Unknown

_ADDRESS = re.compile(r"(?:([0-9a-f]{1,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])", re.I)

APUS = frozenset(
    {"gfx902", "gfx909", "gfx90c", "gfx1013", "gfx1033", "gfx1035", "gfx1036", "gfx1037"}
    | {"gfx1103", "gfx1150", "gfx1151", "gfx1152", "gfx1153"}
)
"""AMD's architectures that are parts of processors only (LLVM's AMDGPU usage, dGPU or APU)."""


def address(written: str) -> str | None:
    """Return a PCI address as sysfs writes it, `0000:01:00.0`; None if it is none.

    nvidia-smi writes domains of eight digits, lspci leaves the domain out where it is 0.
    """
    found = _ADDRESS.fullmatch(written.strip())
    if not found:
        return None
    domain, bus, device, function = found.groups()
    return f"{int(domain or '0', 16):04x}:{bus}:{device}.{function}".lower()


class Draft:
    """Facts while they are collected: readers of sources write into it."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.cards: dict[str, dict[str, str]] = {}
        self.on_bus: set[str] = set()
        self.drivers: dict[str, dict[str, str]] = {}
        self.serving: list[Serving] = []
        self.unknown: dict[str, str] = {}
        self.parts: dict[str, object] = {}

    def card(self, key: str, **said: str | None) -> None:
        """Note what a source says of a card; `key` is its PCI address, or its UUID without one."""
        known = self.cards.setdefault(key, {})
        for field, value in said.items():
            if value:
                known.setdefault(field, value)

    def driver(self, vendor: str, **said: str | None) -> None:
        """Note what a source says of a vendor's driver."""
        known = self.drivers.setdefault(vendor, {})
        for field, value in said.items():
            if value:
                known.setdefault(field, value)

    def serve(self, found: Serving) -> None:
        """Note something that serves models."""
        if found not in self.serving:
            self.serving.append(found)

    def not_known(self, part: str, reason: str) -> None:
        """Note why a part could not be found out; the first reason stays."""
        self.unknown.setdefault(part, reason)

    def facts(self) -> MachineFacts:
        """Return what was found out."""
        gpus = tuple(
            gpu for _, known in sorted(self.cards.items()) if (gpu := self._gpu(known)) is not None
        )
        drivers = tuple(
            Driver(
                vendor,
                known.get("module"),
                known.get("library"),
                known.get("api"),
                {"yes": True, "no": False}.get(known.get("open", "")),
            )
            for vendor, known in sorted(self.drivers.items())
        )
        unknown = tuple(Unknown(part, reason) for part, reason in self.unknown.items())
        parts: dict[str, Any] = self.parts
        return MachineFacts(gpus, drivers, serving=tuple(self.serving), unknown=unknown, **parts)

    def _gpu(self, known: dict[str, str]) -> Gpu | None:
        vendor = known.get("vendor")
        if vendor is None or all(each.name != vendor for each in VENDORS):
            return None
        arch = known.get("arch")
        return Gpu(
            vendor=vendor,
            pci=known.get("pci"),
            uuid=known.get("uuid"),
            name=known.get("name"),
            arch=arch,
            vram=int(known["vram"]) if known.get("vram", "").isdigit() else None,
            device=known.get("device"),
            module=known.get("module"),
            integrated=arch in APUS or "integrated" in known,
            trouble=known.get("trouble"),
            parts=int(known.get("parts", "1")),
        )
