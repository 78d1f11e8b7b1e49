"""Weights on the hosts are those of the fleet file or its lock."""

from __future__ import annotations

from llamafleet.targets.paths import STATE
from llamafleet.targets.plan_types import GgufPlan
from llamafleet_verify.target import ROLL_OUT, Subject

RECORDS = f"{STATE}/weights"
NOTE = """
key=$(printf %s "$1" | sha256sum | cut -c 1-16)
state=$(stat -Lc '%s %Y' -- "$1" 2>/dev/null) || exit 0
printf '%s\\n' "$state"
head -n 1 -- "$2/$key" 2>/dev/null || :
"""


def test_are_as_planned(live_weights: Subject) -> None:
    """A file with the recorded size and mtime is the one that was verified: no 40 GB are hashed."""
    target, planned = live_weights
    gguf, where = planned.gguf, f"{target.host.name}:{planned.path}"
    said = target.out("sh -c %s note %s %s", NOTE, planned.path, RECORDS).splitlines()
    assert said, f"{where} is missing; {remedy(planned)}"
    state, *notes = said
    size = state.split(" ")[0]
    assert gguf.size in (None, int(size)), (
        f"{where} has {size} bytes, planned {gguf.size}; {ROLL_OUT}"
    )
    if gguf.sha256 is None:
        return
    note = notes[0].split(" ") if notes else []
    unchanged = " ".join(note[:2]) == state
    assert unchanged, f"{where} was never verified, or has changed since; {ROLL_OUT}"
    assert note[2] == gguf.sha256, (
        f"{where} has SHA-256 {note[2]}, planned {gguf.sha256}; {ROLL_OUT}"
    )


def remedy(planned: GgufPlan) -> str:
    """Return the remedy for a missing file."""
    return ROLL_OUT if planned.download else "put the file there, or have it downloaded (hf)"
