"""A smaller type of the KV cache."""

from __future__ import annotations

from ..changed import with_flags
from .candidate import Candidate, Remedy

TYPES = ("q8_0", "q4_0")


def cache_type(candidate: Candidate) -> Remedy | None:
    """Try q8_0, then q4_0, for keys and values alike; None if neither fits."""
    if candidate.model.flag("flash-attn") == "off":
        return None  # values cannot be quantised without it
    for name in TYPES:
        if name in (candidate.model.flag("cache-type-k"), candidate.model.flag("cache-type-v")):
            continue
        left = candidate.left(with_flags(candidate.model, cache_type_k=name, cache_type_v=name))
        if left is not None:
            return Remedy(
                candidate.model.name, f"cache-type-k = {name} and cache-type-v = {name}", left
            )
    return None
