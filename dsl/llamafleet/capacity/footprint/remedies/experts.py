"""Experts of some layers in the host's memory."""

from __future__ import annotations

from ..changed import with_flags
from .candidate import Candidate, Remedy


def experts(candidate: Candidate) -> Remedy | None:
    """Move the experts of as few layers as needed to the host; None if that is not enough."""
    facts = candidate.footprints.fleet.facts.get(candidate.model.gguf or "")
    if facts is None or not facts.integer("expert_count"):
        return None
    now = int(candidate.model.flag("n-cpu-moe") or 0)
    low, high, best = now + 1, facts.integer("block_count") or 0, None
    while low <= high:
        middle = (low + high) // 2
        left = candidate.left(with_flags(candidate.model, n_cpu_moe=str(middle)))
        if left is None:
            low = middle + 1
        else:
            best, high = Remedy(candidate.model.name, f"n-cpu-moe = {middle}", left), middle - 1
    return best
