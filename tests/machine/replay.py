"""Recorded texts of tools, put together as the probe of a host prints them."""

from __future__ import annotations

from pathlib import Path

from llamafleet.machine import MachineFacts
from llamafleet.machine.probe import FIRST, read
from llamafleet.machine.sources import SOURCES

RECORDINGS = Path(__file__).parent / "recordings"


def probe_of(recording: str) -> list[str]:
    """Return the lines of a probe; a source that a recording does not have is not installed."""
    there, lines = set(), [FIRST]
    for line in recording.split("----------\n")[0].splitlines():
        if line.startswith("#"):
            continue
        if line.startswith("= "):
            there.add(line.split()[1])
        lines.append(line if line.startswith("= ") else f" {line}")
    lines += [f"= {each.name} 127" for each in SOURCES if each.name not in there]
    return [*lines, "= end 0"]


def machine(name: str) -> MachineFacts:
    """Return the facts of a recorded machine."""
    found = read(probe_of((RECORDINGS / f"{name}.txt").read_text(encoding="utf-8")))
    assert found is not None
    return found
