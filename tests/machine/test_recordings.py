"""What is read from recorded texts of real tools: each recording ends with the facts in it.

`pytest --update-goldens` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from llamafleet.machine import MachineFacts
from tests.machine.replay import RECORDINGS, machine

CUT = "----------\n"


def written(found: MachineFacts) -> str:
    """Return the facts about cards and drivers as lines."""
    rows = []
    for gpu in found.gpus:
        said = [gpu.pci, gpu.vendor, gpu.arch, gpu.vram and f"{gpu.vram >> 20} MiB", gpu.name]
        rows.append(" | ".join(["gpu", *(str(each or "?") for each in said)]))
        for name in ("uuid", "module", "trouble"):
            value = getattr(gpu, name)
            rows += [f"    {name}: {value}"] if value else []
        rows += ["    integrated"] if gpu.integrated else []
        rows += [f"    parts: {gpu.parts}"] if gpu.parts > 1 else []
    for driver in found.drivers:
        said = [driver.vendor, driver.module, driver.library, driver.api]
        kind = {True: "open", False: "proprietary", None: "?"}[driver.open]
        rows.append(" | ".join(["driver", *(str(each or "?") for each in said), kind]))
        rows.append(f"    agrees: {driver.agrees}")
    own = ("nvidia", "kfd", "rocminfo", "xpu", "vulkan", "lspci", "pci", "kernel")
    reasons = [each for each in found.unknown if each.part.startswith(own)]
    return "".join(
        f"{row}\n" for row in [*rows, *(f"unknown | {r.part} | {r.reason}" for r in reasons)]
    )


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.txt")), ids=lambda path: path.stem)
def test_recording(path: Path, update_goldens: bool) -> None:
    text, found = path.read_text(encoding="utf-8"), written(machine(path.stem))
    recorded, _, expected = text.partition(CUT)
    if update_goldens:
        path.write_text(f"{recorded}{CUT}{found}", encoding="utf-8")
        return
    assert found == expected


def test_every_recording_names_its_source() -> None:
    for path in RECORDINGS.glob("*.txt"):
        assert path.read_text(encoding="utf-8").startswith("# "), path
