"""How far the numbers may be off: the stated margin of error.

An estimate is within 2 % of what llama-server logs for a device (tests/memory holds it to that). A
driver's own memory is known to about 75 MiB for each process, which its term says. Where a compute
buffer comes from the rule of thumb, all of it is in doubt. A measurement is repeated to within 1 %.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..memory.compute import THUMB
from ..memory.terms import MIB, Term

ESTIMATE, MEASURED = 0.02, 0.01
DRIVER = 75 * MIB


def of_terms(terms: Sequence[Term]) -> int:
    """Bytes that the sum of these terms of one card may be off."""
    driver = DRIVER if any(each.kind == "driver" for each in terms) else 0
    doubt = sum(each.size // 2 for each in terms if each.formula.startswith(THUMB))
    return int(ESTIMATE * sum(each.size for each in terms)) + driver + doubt
