"""Vendors of cards, and how a host shows which it has, as data."""

from __future__ import annotations

from ..dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vendor:
    """A maker of cards.

    `shown` is its name in messages and `pci` its number on the PCI bus. `probe` is shell that asks
    the vendor's driver for the architecture of each card and prints `arch NAME VALUE`, with the
    value as `arch` is written in a fleet file; `$1` is put before /sys. `in_processors`: its
    processors hold graphics units that count as cards on the bus, and need not be declared.
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
    probe="""\
if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null |
        sed -n 's/^ *\\([0-9]*\\)\\.\\([0-9]*\\) *$/arch nvidia sm_\\1\\2/p'
fi
""",
)
AMD = Vendor(
    name="amd",
    shown="AMD",
    pci="0x1002",
    # The kernel's number as compilers write it: 90010 is gfx90a, 120001 is gfx1201.
    probe="""\
for node in "$1"/sys/class/kfd/kfd/topology/nodes/*/properties; do
    [ -r "$node" ] || continue
    version=$(sed -n 's/^gfx_target_version \\([1-9][0-9]*\\)$/\\1/p' "$node")
    [ -z "$version" ] || printf 'arch amd gfx%d%x%x\\n' \\
        $((version / 10000)) $((version / 100 % 100)) $((version % 100))
done
""",
    in_processors=True,
)
INTEL = Vendor(name="intel", shown="Intel", pci="0x8086", in_processors=True)
