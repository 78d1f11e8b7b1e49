"""What the drivers in the kernel say of cards, asked by each vendor's own shell."""

from __future__ import annotations

from ...backends import VENDORS
from ..draft import Draft, address
from ..source import Answer, Source

FIELDS = frozenset({"uuid", "name", "arch", "vram"})

COMMAND = "".join(f"vendor={each.name}\n{each.probe}" for each in VENDORS if each.probe)


def read(answer: Answer, draft: Draft) -> None:
    """Note lines of the form `card VENDOR PCI FIELD VALUE`; PCI may be any name of a card."""
    for line in answer.lines:
        kind, vendor, key, field, value = (*line.split(maxsplit=4), "", "", "", "", "")[:5]
        if kind != "card" or field not in FIELDS or not value.strip():
            continue
        place = address(key)
        draft.card(place or f"{vendor} {key}", vendor=vendor, pci=place)
        draft.card(place or f"{vendor} {key}", **{field: value.strip()})


KERNEL = Source("kernel", COMMAND, read)
