"""Regular expressions that Go's regexp refuses."""

from __future__ import annotations

import re
import warnings

_NOT_IN_GO = (
    (re.compile(r"\(\?<?[=!]"), "Go has no lookahead or lookbehind"),
    (re.compile(r"\(\?>"), "Go has no atomic groups"),
    (re.compile(r"\(\?\("), "Go has no conditionals"),
    (re.compile(r"\(\?#"), "Go has no comments in expressions"),
    (re.compile(r"\(\?P="), "Go has no backreferences"),
    (re.compile(r"(?:[*+?]|\})\+"), "Go has no possessive repetition"),
)
_ESCAPES = set("aftnrvdDsSwWbBAzQEpPxC01234567")


def problem(pattern: str) -> str:
    """Return why Go refuses a regular expression; empty if it does not, as far as is known."""
    bare = re.sub(r"\\.", "", pattern)
    for found, why in _NOT_IN_GO:
        if found.search(bare):
            return why
    text, at = "", 0
    while at < len(pattern):
        if pattern[at] != "\\":
            text, at = text + pattern[at], at + 1
            continue
        found_text, length, why = _escape(pattern[at:])
        if why:
            return why
        text, at = text + found_text, at + length
    return _compiled(re.sub(r"\[\[:\^?[a-z]+:\]", "[a", text))


def _escape(rest: str) -> tuple[str, int, str]:
    """Return Python's spelling of the leading escape, its length, and why Go refuses it."""
    escape = rest[1:2]
    if not escape:
        return "", 0, "it ends in a single backslash"
    if escape == "Q":
        literal, end, _ = rest[2:].partition("\\E")
        return re.escape(literal), 2 + len(literal) + len(end), ""
    if (escape.isalnum() and escape not in _ESCAPES) or escape in "123456789":
        return "", 0, f'Go has no escape "\\{escape}"'
    if escape in "pP":
        found = re.match(r"\\[pP](\{\^?\w+\}|[A-Z])", rest)
        return ("a", found.end(), "") if found else ("", 0, "a character class is incomplete")
    if escape == "x" and (wide := re.match(r"\\x\{[0-9a-fA-F]+\}", rest)):
        return "a", wide.end(), ""
    return {"z": r"\Z", "C": "."}.get(escape, "\\" + escape), 2, ""


def _compiled(text: str) -> str:
    text = re.sub(r"\(\?<([A-Za-z_]\w*)>", r"(?P<\1>", text)
    flags = re.match(r"\(\?[a-zA-Z]*U[a-zA-Z]*\)", text)
    text = text[flags.end() :] if flags else text
    text = re.sub(r"(?<!^)\(\?[imsU-]+\)", "", text)
    for repeat in re.findall(r"\{(\d+)(?:,(\d*))?\}", text):
        if any(number and int(number) > 1000 for number in repeat):
            return "more than 1000 repetitions"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        return str(error)
    return ""
