"""Derived sets in a line for people."""

from __future__ import annotations

from ...fleet.matrix import Matrix
from ...fleet.matrix_expression import count

MOST_SHOWN = 240
"""Characters of an expression that are still read."""


def summary_line(service: str, matrix: Matrix) -> str:
    """Return a line with the number of derived combinations, and the sets where they are short."""
    counts: dict[str, int] = {}
    for each in matrix.in_solving_order():
        counts[each.name] = count(each.node, counts)
    derived = [each for each in matrix.sets if each.origin == matrix.auto.sets]
    texts = dict(matrix.expressions())
    number = sum(counts[each.name] for each in derived)
    said = " | ".join(texts[each.rendered] for each in derived)
    if len(said) > MOST_SHOWN:
        said = "llamafleet simulate --sets lists them"
    combinations = "combination" if number == 1 else "combinations"
    return f"llama-swap {service}: sets = auto makes {number} {combinations}: {said}"
