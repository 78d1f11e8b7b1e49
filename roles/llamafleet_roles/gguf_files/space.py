"""What is to be downloaded, in words, and whether there is space for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from llamafleet.targets.plan_types import GgufPlan
from llamafleet_roles.gguf_files.facts import WeightsState, weights_source

SPARE = 2**28
"""Bytes that a download leaves free: a full disk harms more than the download."""


def placed(plan: GgufPlan, weights: WeightsState) -> bool:
    """Return True if the file is at its path, verified, and in the store if its hash is known."""
    if not weights.verified(plan.path, plan.gguf):
        return False
    return weights.sha256(plan.path) in weights.stored


def missing_bytes(plan: GgufPlan, weights: WeightsState) -> int | None:
    """Return the bytes that must arrive; 0 if the host has the content, None if nobody knows."""
    gguf = plan.gguf
    if weights.verified(plan.path, gguf) or (gguf.sha256 and gguf.sha256 in weights.stored):
        return 0
    if gguf.sha256 and gguf.sha256 in weights.known_hashes:
        return 0
    if gguf.size is None:
        return None
    return max(0, gguf.size - weights.received.get(gguf.sha256 or "", 0))


def planned_lines(plans: tuple[GgufPlan, ...], weights: WeightsState) -> Iterator[str]:
    """Yield a line for each file, and one for all if there is more than one."""
    total = 0
    for plan in plans:
        missing, source = missing_bytes(plan, weights), weights_source(plan.gguf)
        total += missing or 0
        if missing == 0:
            yield f"will link {plan.path} to the copy of {source} on this host"
        elif missing is None:
            yield f"will download {source} to {plan.path}, size unknown: llamafleet lock finds it"
        else:
            yield f"will download {source} to {plan.path}, {_size(plan, missing)}"
    if total and len(plans) > 1:
        yield f"will download {total / 1e9:.2f} GB in all{_of(weights.free)}"


def _size(plan: GgufPlan, missing: int) -> str:
    size = plan.gguf.size or 0
    there = f", of which {(size - missing) / 1e9:.2f} GB are there" if missing < size else ""
    return f"{size / 1e9:.2f} GB{there}"


def _of(free: int | None) -> str:
    return "" if free is None else f"; {free / 1e9:.2f} GB are free"


def too_little_space(plans: tuple[GgufPlan, ...], weights: WeightsState) -> str | None:
    """Return a message if all that must arrive does not fit on the disk, else None.

    Two names of one file are one copy.
    """
    if weights.free is None:
        return None
    sizes = {plan.gguf.sha256 or plan.path: missing_bytes(plan, weights) or 0 for plan in plans}
    needed = sum(sizes.values())
    lacking = needed + SPARE - weights.free
    if not needed or lacking <= 0:
        return None
    folder = plans[0].store.rpartition("/")[0]
    return (
        f"{folder} has {weights.free / 1e9:.2f} GB free, but {needed / 1e9:.2f} GB of weights are "
        f"to be downloaded: free {lacking / 1e9:.2f} GB, or set models-dir to a larger disk; "
        "nothing was changed"
    )
