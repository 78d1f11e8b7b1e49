"""Vendors of cards, and how a host shows which it has, as data."""

from __future__ import annotations

from ..dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vendor:
    """A maker of cards.

    `shown` is its name in messages and `pci` its number on the PCI bus. `probe` is shell that asks
    the driver in the kernel about its cards and prints lines `card NAME PCI FIELD VALUE`, where
    FIELD is arch, as a fleet file writes it, vram in bytes, uuid or name, and PCI may be any name
    of a card that is on no bus; `$root` is put before /sys and /proc. What the vendor's own tools
    print has readers in llamafleet/machine. `in_processors`: its processors hold graphics units
    that count as cards on the bus, and need not be declared.
    """

    name: str
    shown: str
    pci: str
    probe: str = ""
    in_processors: bool = False


NVIDIA = Vendor(
    name="nvidia",
    shown="NVIDIA",
    pci="0x10de",
    # A card that the driver has not started yet has question marks for its UUID.
    probe=r"""
for file in "$root"/proc/driver/nvidia/gpus/*/information; do
    [ -r "$file" ] || continue
    place=${file%/information}
    card="card nvidia ${place##*/}"
    sed -n -e "s/^GPU UUID:[[:space:]]*\(GPU-[0-9a-f-]*\)[[:space:]]*$/$card uuid \1/p" \
        -e "s/^Model:[[:space:]]*/$card name /p" "$file"
done
""",
)
AMD = Vendor(
    name="amd",
    shown="AMD",
    pci="0x1002",
    probe=r"""
for file in "$root"/sys/bus/pci/devices/*/mem_info_vram_total; do
    [ -r "$file" ] || continue
    place=${file%/mem_info_vram_total}
    echo "card amd ${place##*/} vram $(cat "$file")"
    [ ! -r "$place/product_name" ] || echo "card amd ${place##*/} name $(cat "$place/product_name")"
done
""",
    in_processors=True,
)
INTEL = Vendor(
    name="intel",
    shown="Intel",
    pci="0x8086",
    # The driver xe counts by tiles; i915 has a total beside the device of the display.
    probe=r"""
for place in "$root"/sys/bus/pci/devices/*; do
    total=0
    for file in "$place"/tile*/physical_vram_size_bytes "$place"/drm/card*/lmem_total_bytes; do
        [ ! -r "$file" ] || total=$((total + $(cat "$file")))
    done
    [ "$total" = 0 ] || echo "card intel ${place##*/} vram $total"
done
""",
    in_processors=True,
)
