"""Cards on the PCI bus, from sysfs: this needs no driver and no tool."""

from __future__ import annotations

from ...backends import VENDORS
from ..chips import architecture
from ..draft import Draft, address
from ..source import Answer, Source

# A virtual function of a card is not one more card.
COMMAND = r"""
for folder in "$root"/sys/bus/pci/devices/*; do
    [ -r "$folder/class" ] && [ ! -e "$folder/physfn" ] || continue
    case $(cat "$folder/class") in
    0x0300* | 0x0302* | 0x0380* | 0x1200*) ;;
    *) continue ;;
    esac
    module=$(readlink "$folder/driver")
    echo "${folder##*/} $(cat "$folder/vendor") $(cat "$folder/device" 2>/dev/null) ${module##*/}"
done
true
"""


def read(answer: Answer, draft: Draft) -> None:
    """Note each card: address, vendor, device, kernel module; other vendors' do not count."""
    for line in answer.lines:
        pci, vendor, device, module = (*line.split(), "", "", "", "")[:4]
        place = address(pci)
        known = next((each.name for each in VENDORS if each.pci == vendor), None)
        if place is None or known is None:
            continue
        draft.on_bus.add(place)
        draft.card(place, pci=place, vendor=known, device=device, module=module)
        if known == "intel" and place == "0000:00:02.0":
            draft.card(place, integrated="yes")
        if module.startswith("vfio"):
            draft.card(place, trouble=f"{module} holds it for a virtual machine")


def read_chips(_: Answer, draft: Draft) -> None:
    """Fill in, after all tools, the architecture that the number of a device stands for."""
    for known in draft.cards.values():
        arch = architecture(known.get("vendor", ""), known.get("device", ""))
        if arch:
            known.setdefault("arch", arch)


PCI = Source("pci", COMMAND, read)
CHIPS = Source("chips", "true", read_chips)
