"""The stated margin of error of estimates and measurements.

An estimate is within 2 % of what llama-server logs for a device (tests/memory holds it to that).
Less certain terms state their own margin (`Term.margin`): a driver's memory, to about 75 MiB for
each process, and whatever a rule of thumb stands in for. A measurement is repeated to within 1 %.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..memory.terms import Term

ESTIMATE, MEASURED = 0.02, 0.01


def of_terms(terms: Sequence[Term]) -> int:
    """Return by how many bytes the sum of these terms of one device may be off."""
    return int(ESTIMATE * sum(each.size for each in terms)) + sum(each.margin for each in terms)
