"""The order in which llama-swap's YAML library writes keys, and so that of sets since v243."""

from __future__ import annotations

import unicodedata
from functools import cmp_to_key


def _letter(each: str) -> bool:
    return unicodedata.category(each)[0] == "L"


def _digit(each: str) -> bool:
    return unicodedata.category(each) == "Nd"


def less(a: str, b: str) -> bool:
    """Return True if `a` comes before `b`: numbers by value, other signs before letters."""
    digits = False
    for at, (left, right) in enumerate(zip(a, b, strict=False)):
        if left == right:
            digits = _digit(left)
            continue
        letters = _letter(left), _letter(right)
        if all(letters):
            return left < right
        if any(letters):
            return letters[0] if digits else letters[1]
        return _numbers_less(a, b, at)
    return len(a) < len(b)


def _numbers_less(a: str, b: str, at: int) -> bool:
    first = second = 0
    if "0" in (a[at], b[at]):
        before = at - 1
        while before >= 0 and _digit(a[before]):
            if a[before] != "0":
                first = second = 1
                break
            before -= 1
    left, first = _run(a, at, first)
    right, second = _run(b, at, second)
    if first != second:
        return first < second
    if left != right:
        return left < right
    return a[at] < b[at]


def _run(text: str, at: int, value: int) -> tuple[int, int]:
    while at < len(text) and _digit(text[at]):
        value = value * 10 + ord(text[at]) - ord("0")
        value = (value + 2**63) % 2**64 - 2**63
        at += 1
    return at, value


def _compared(a: str, b: str) -> int:
    return -1 if less(a, b) else int(less(b, a))


key = cmp_to_key(_compared)
"""For `sorted`."""
