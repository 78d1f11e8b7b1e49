"""AMD's cards as the compute driver sees them: the nodes of KFD's topology in sysfs."""

from __future__ import annotations

from collections import Counter

from ..draft import Draft, address
from ..source import Answer, Source

COMMAND = r"""
for file in "$root"/sys/class/kfd/kfd/topology/nodes/*/properties; do
    [ -r "$file" ] || continue
    echo "node ${file%/properties}"
    cat "$file"
done
true
"""


def read(answer: Answer, draft: Draft) -> None:
    """Note architecture and UUID of each card, and into how many nodes it is split."""
    nodes: list[dict[str, int]] = []
    for line in answer.lines:
        key, _, value = line.partition(" ")
        if key == "node":
            nodes.append({})
        elif nodes and value.strip().isdigit():
            nodes[-1][key] = int(value)
    places = [_place(node, draft) for node in nodes if node.get("simd_count")]
    computing = [node for node in nodes if node.get("simd_count")]
    parts = Counter(places)
    for place, node in zip(places, computing, strict=True):
        if place is None:
            continue
        serial = node.get("unique_id")
        draft.card(
            place,
            pci=place,
            vendor="amd",
            arch=target(node.get("gfx_target_version", 0)),
            # As ROCm's run time writes it, in ROCR_VISIBLE_DEVICES too.
            uuid=f"GPU-{serial:016x}" if serial and parts[place] == 1 else None,
            parts=str(parts[place]) if parts[place] > 1 else None,
        )


def target(version: int) -> str | None:
    """Return the kernel's number as compilers write it: 90010 is gfx90a, 120001 is gfx1201."""
    if version <= 0:
        return None
    return f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"


def _place(node: dict[str, int], draft: Draft) -> str | None:
    """Return the card that a node is of.

    A partition's number stands in the function of the address, or since Linux 6.11 in the highest
    four bits, and the bus shows no card there.
    """
    location = node.get("location_id", 0) & 0x0FFFFFFF
    bus, device, function = location >> 8 & 0xFF, location >> 3 & 0x1F, location & 7
    base = f"{node.get('domain', 0):04x}:{bus:02x}:{device:02x}."
    own = address(f"{base}{function}")
    return own if own in draft.on_bus else address(f"{base}0")


KFD = Source("kfd", COMMAND, read)
