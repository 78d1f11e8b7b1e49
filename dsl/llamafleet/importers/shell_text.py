"""Replaces parts of shell scripts by variables, whatever the quotes around them."""

from __future__ import annotations

import re
import shlex

_EXPORTED = re.compile(r"(?:^|[;&|({\n]|\bexport|\bdo|\bthen|\benv)\s*(?:\w+=\S*\s+)*\w+=[\"']?$")


def exported(text: str, start: int) -> bool:
    """Return True if what begins at `start` only goes into an environment, and into no argv."""
    return _EXPORTED.search(text[:start]) is not None


def literal(text: str, start: int, end: int) -> str:
    """Return what a shell makes of the part from `start` to `end`, expansions left alone."""
    part, quote = text[start:end], _open_quote(text[:start])
    if quote == "'" or not re.search(r"[\\\"']", part):
        return part
    try:
        return " ".join(shlex.split(f"{quote}{part}{quote}", posix=True))
    except ValueError:
        return part


def with_variable(text: str, start: int, end: int, name: str) -> str:
    """Return the text with `$NAME` for the part from `start` to `end`.

    The part holds whole quotes or none; in single quotes, they are closed for the variable.
    """
    quote = _open_quote(text[:start])
    around = {"": ('"', '"'), '"': ("", ""), "'": ("'\"", "\"'")}[quote]
    rest = text[end:]
    if quote == '"' and re.match(r"\w", rest):
        rest = f'""{rest}'
    return f"{text[:start]}{around[0]}${name}{around[1]}{rest}"


def _open_quote(text: str) -> str:
    """Return the quote that is open at the end of a text, or nothing."""
    quote, at = "", 0
    while at < len(text):
        each = text[at]
        if each == "\\" and quote != "'":
            at += 1
        elif quote:
            quote = "" if each == quote else quote
        elif each in "\"'":
            quote = each
        at += 1
    return quote
