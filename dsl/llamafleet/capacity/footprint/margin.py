"""How far the numbers may be off: the stated margin of error.

An estimate is within 2 % of what llama-server logs for a device (tests/memory holds it to that).
What is known less well says so itself (`Term.off`): a driver's own memory, to about 75 MiB for each
process, and whatever a rule of thumb stands in for. A measurement is repeated to within 1 %.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..memory.terms import Term

ESTIMATE, MEASURED = 0.02, 0.01


def of_terms(terms: Sequence[Term]) -> int:
    """Return by how many bytes the sum of these terms of one device may be off."""
    return int(ESTIMATE * sum(each.size for each in terms)) + sum(each.off for each in terms)
