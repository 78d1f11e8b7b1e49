"""All cases, by family; each family is one file of recordings."""

from __future__ import annotations

from collections.abc import Mapping

from tests.conformance import evictions, lifecycle, listings, refusals
from tests.conformance.case import Case

FAMILIES: Mapping[str, tuple[Case, ...]] = {
    "refusals": refusals.CASES,
    "listings": listings.CASES,
    "evictions": evictions.CASES,
    "lifecycle": lifecycle.CASES,
}
