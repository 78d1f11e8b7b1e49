"""A smaller type of the KV cache."""

from __future__ import annotations

from ..changed import with_flags
from .case import Case, Way

TYPES = ("q8_0", "q4_0")


def cache_type(case: Case) -> Way | None:
    """The first of q8_0 and q4_0, for keys and values alike, with which it fits."""
    if case.model.flag("flash-attn") == "off":
        return None  # values cannot be quantised without it
    for name in TYPES:
        if name in (case.model.flag("cache-type-k"), case.model.flag("cache-type-v")):
            continue
        left = case.left(with_flags(case.model, cache_type_k=name, cache_type_v=name))
        if left is not None:
            return Way(case.model.name, f"cache-type-k = {name} and cache-type-v = {name}", left)
    return None
