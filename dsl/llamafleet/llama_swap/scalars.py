"""The types of YAML scalars in llama-swap: numbers, booleans, null, times and text.

YAML 1.2's rules with the leniences of the library behind llama-swap, which are not PyYAML's:
`0123` is octal, `1_000` a number, `yes` text until a boolean is wanted.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone

from .values import Scalar, Timestamp

_NAMED: dict[str, tuple[str, Scalar]] = {
    **dict.fromkeys(("true", "True", "TRUE"), ("!!bool", True)),
    **dict.fromkeys(("false", "False", "FALSE"), ("!!bool", False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ("!!null", None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ("!!float", math.nan)),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), ("!!float", math.inf)),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), ("!!float", -math.inf)),
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:([Tt])|( ))(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)?)?"
)
_INTEGERS = (
    (re.compile(r"([-+]?)0[xX]([0-9a-fA-F]+)"), 16),
    (re.compile(r"([-+]?)0[bB]([01]+)"), 2),
    (re.compile(r"([-+]?)0[oO]?([0-7]+)"), 8),
    (re.compile(r"([-+]?)(0|[1-9][0-9]*)"), 10),
)
RESOLVED_TAGS = {"!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp"}


def resolved(text: str, tag: str = "") -> tuple[str, Scalar]:
    """Return the short tag and the value of an unquoted scalar; `tag` is one that is written.

    Raises ValueError where the tag does not fit the text.
    """
    if tag and tag not in RESOLVED_TAGS:
        return tag, text
    found, value = ("!!str", text) if tag == "!!str" else _guessed(text, tag)
    if tag in ("", found, "!!str"):
        return found, value
    if tag == "!!float" and found == "!!int" and isinstance(value, int):
        return tag, float(value)
    raise ValueError(f'"{text}" is no {tag}')


def _guessed(text: str, tag: str) -> tuple[str, Scalar]:
    if text in _NAMED:
        return _NAMED[text]
    first = text[0]
    if first == ".":
        return _float(text) if _FLOAT.fullmatch(text) else ("!!str", text)
    if first not in "+-0123456789":
        return "!!str", text
    if tag in ("", "!!timestamp") and (time := timestamp(text)) is not None:
        return "!!timestamp", time
    plain = text.replace("_", "")
    if (number := integer(plain)) is not None:
        return "!!int", number
    return _float(plain) if _FLOAT.fullmatch(plain) else ("!!str", text)


def _float(text: str) -> tuple[str, Scalar]:
    value = float(text)
    return ("!!str", text) if math.isinf(value) else ("!!float", value)


def integer(text: str) -> int | None:
    """Return a whole number of at most 64 bits in any notation, or None."""
    for pattern, base in _INTEGERS:
        if found := pattern.fullmatch(text):
            value = int(found[2], base) * (-1 if found[1] == "-" else 1)
            # Above what is signed, no sign may stand before it.
            most = 2**64 if not found[1] else 2**63
            return value if -(2**63) <= value < most else None
    return None


def timestamp(text: str) -> Timestamp | None:
    """Return a date or a time in the notations that are recognised, written as RFC 3339."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if bool(found[4]) != bool(found[10]):  # a zone with "T", none with a blank
        return None
    hour, minute, second = (int(found[at] or 0) for at in (6, 7, 8))
    zone = found[10] or "Z"
    try:
        offset = UTC if zone == "Z" else _zone(zone)
        datetime(max(year, 1), month, day, hour, minute, second, tzinfo=offset)
    except ValueError:
        return None
    fraction = (found[9] or "")[:9].rstrip("0")
    point = f".{fraction}" if fraction else ""
    clock = f"{hour:02}:{minute:02}:{second:02}{point}"
    return Timestamp(f"{year:04}-{month:02}-{day:02}T{clock}{zone}")


def _zone(text: str) -> timezone:
    minutes = int(text[1:3]) * 60 + int(text[4:6])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def as_text(value: Scalar) -> str:
    """Return a scalar as it is written again, which is what a key that takes text reads."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return number_text(value, yaml=True)
    return str(value)


def number_text(value: float, yaml: bool = False) -> str:
    """Return a float in Go's shortest notation: an exponent below 1e-4 and from 1e6 on."""
    if math.isnan(value):
        return ".nan" if yaml else "NaN"
    if math.isinf(value):
        sign = "-" if value < 0 else ("" if yaml else "+")
        return f"{sign}.inf" if yaml else f"{sign}Inf"
    digits, _, exponent = f"{value!r}".lower().partition("e")
    mantissa, _, decimals = digits.lstrip("-").partition(".")
    point = len(mantissa) + int(exponent or 0)
    figures = (mantissa + ("" if decimals == "0" and not exponent else decimals)).lstrip("0")
    point -= len(mantissa + decimals) - len((mantissa + decimals).lstrip("0")) if figures else 0
    figures = figures.rstrip("0") or "0"
    sign = "-" if math.copysign(1, value) < 0 else ""
    power = point - 1 if value else 0
    if not -4 <= power <= 5:
        tail = f".{figures[1:]}" if len(figures) > 1 else ""
        return f"{sign}{figures[0]}{tail}e{'-' if power < 0 else '+'}{abs(power):02}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{figures}" if value else f"{sign}0"
    whole = figures[:point].ljust(point, "0")
    return f"{sign}{whole}" + (f".{figures[point:]}" if len(figures) > point else "")
