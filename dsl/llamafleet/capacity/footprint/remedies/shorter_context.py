"""A shorter context: the longest that fits."""

from __future__ import annotations

from ....fleet.model import Model
from ..changed import with_flags
from .candidate import Candidate, Remedy

STEP = 1024
LEAST = 2


def shorter_context(candidate: Candidate) -> Remedy | None:
    """Find the longest context that fits, in multiples of 1024 tokens; None if none does."""
    estimate = candidate.own[0].estimate
    if estimate is None or not any(each.kind == "kv" for each in estimate.terms):
        return None
    low, high, best = LEAST, (estimate.n_ctx - 1) // STEP, None
    while low <= high:
        middle = (low + high) // 2
        left = candidate.left(_with_context(candidate.model, middle * STEP))
        if left is None:
            high = middle - 1
        else:
            best, low = (
                Remedy(candidate.model.name, f"ctx-size = {middle * STEP}", left),
                middle + 1,
            )
    return best


def _with_context(model: Model, size: int) -> Model:
    return with_flags(model, ctx_size=str(size))
