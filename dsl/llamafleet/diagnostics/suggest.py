""" "Did you mean": the known word that is closest to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 64
"""Longer words are pasted text, not misspelt names."""


def suggest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that was probably meant, or None where a guess would be a bad one.

    The same letters in other case, or with `_` for `-`, win. Else at most a third of the letters
    may be wrong; where two candidates are equally close, nothing is suggested.
    """
    if len(word) > LONGEST:
        return None
    words = list(dict.fromkeys(candidates))
    same = [each for each in words if _folded(each) == _folded(word) and each != word]
    if len(same) == 1:
        return same[0]
    most = max(1, max(len(word), 3) // 3)
    near = [(distance, each) for each in words if (distance := edits(word, each, most)) <= most]
    near = [pair for pair in near if 0 < pair[0] < len(word)]
    best = min(near, default=(0, ""))[0]
    closest = [each for distance, each in near if distance == best]
    return closest[0] if len(closest) == 1 else None


def _folded(word: str) -> str:
    return word.casefold().replace("_", "-")


def edits(a: str, b: str, most: int) -> int:
    """Return how many letters to add, drop, change or swap, or `most + 1` if more."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and other == a[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, above = above, row
    return min(above[-1], most + 1)
