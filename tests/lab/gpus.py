"""Fake GPUs: a stand-in for what a test machine cannot have.

A host with `gpus` sees cards where a real one does: PCI devices in sysfs, and for NVIDIA an
`nvidia-smi` that answers from recorded values. No driver and no device stands behind them. It shows
that detection and planning are right, never that a GPU works.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .shell import LabError, write

PCI = "/sys/bus/pci/devices"
TREE = "/usr/local/lib/fake-gpus"
NVIDIA_SMI = Path(__file__).parent / "nvidia_smi_stand_in.py"


@dataclass(frozen=True, slots=True)
class Card:
    """A fake card: its PCI IDs, and the output of its driver's tool or sysfs."""

    name: str
    vendor: str
    device: str
    pci_class: str
    memory_mib: int
    compute_cap: str = ""


CARDS = {
    "p40": Card("Tesla P40", "0x10de", "0x1b38", "0x030200", 24576, "6.1"),
    "rtx3090": Card("NVIDIA GeForce RTX 3090", "0x10de", "0x2204", "0x030000", 24576, "8.6"),
    "rx7900xtx": Card("Radeon RX 7900 XTX", "0x1002", "0x744c", "0x030000", 24560),
    "a770": Card("Arc A770", "0x8086", "0x56a0", "0x030000", 16288),
}


def put_gpus(names: tuple[str, ...], root: Path) -> None:
    """Put fake cards into a host's root before it boots."""
    if unknown := [name for name in names if name not in CARDS]:
        raise LabError(f"no fake GPU `{unknown[0]}`: there are {', '.join(CARDS)}")
    if not names:
        return
    if not Path(PCI).is_dir():
        raise LabError(f"this machine has no {PCI}, so a host on it cannot show fake GPUs there")
    cards = tuple(CARDS[name] for name in names)
    for slot, card in enumerate(cards, start=1):
        _put_pci_device(root / TREE[1:] / f"0000:{slot:02x}:00.0", card)
    # nspawn mounts /sys after all else, so the host itself puts the cards there when it boots.
    unit = root / "etc/systemd/system/sys-bus-pci-devices.mount"
    write(unit, f"[Mount]\nWhat={TREE}\nWhere={PCI}\nType=none\nOptions=bind,ro\n")
    wants = unit.parent / "local-fs.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / unit.name).symlink_to(f"../{unit.name}")
    _put_nvidia_smi(root, cards)


def _put_pci_device(directory: Path, card: Card) -> None:
    values = {"vendor": card.vendor, "device": card.device, "class": card.pci_class}
    if card.vendor == "0x1002":
        values["mem_info_vram_total"] = str(card.memory_mib * 2**20)
    for key, value in values.items():
        write(directory / key, value + "\n", mode=0o444)


def _put_nvidia_smi(root: Path, cards: tuple[Card, ...]) -> None:
    rows = [
        (
            *(str(index), card.name, f"GPU-00000000-0000-0000-0000-{index:012d}"),
            *(f"00000000:{slot:02X}:00.0", card.compute_cap),
            *(f"{card.memory_mib} MiB", f"{card.memory_mib - 4} MiB", "570.86.15"),
        )
        for index, (slot, card) in enumerate(
            (slot, card) for slot, card in enumerate(cards, start=1) if card.vendor == "0x10de"
        )
    ]
    if rows:
        header = "index name uuid pci.bus_id compute_cap memory.total memory.free driver_version"
        lines = ["\t".join(row) for row in (tuple(header.split()), *rows)]
        write(root / "usr/local/share/nvidia-smi.tsv", "\n".join(lines) + "\n")
        write(root / "usr/bin/nvidia-smi", NVIDIA_SMI.read_text(), mode=0o755)
