"""Describes a token that does not fit: what is there, and what was expected."""

from __future__ import annotations

import re
from typing import NamedTuple

from .tables import END
from .tokens import BAD_CHARACTER, NUMBERS, TOO_LONG, Token

VALUE = frozenset({"NAME", "STRING", "NUMBER", "SIZE", "DURATION", "LSQB"})
LABEL = frozenset({"NAME", "STRING"})
TERM = frozenset({"NAME", "SET_REF", "LPAR"})

WORDS = {
    "NAME": "a name",
    "STRING": "text in quotes",
    "NUMBER": "a number",
    "SIZE": "a size",
    "DURATION": "a duration",
    "SET_REF": "a set (+name)",
    "EQUAL": '"="',
    "LBRACE": '"{"',
    "LSQB": '"["',
    "LPAR": '"("',
    "COMMA": '","',
    "AMPERSAND": '"&"',
    "VBAR": '"|"',
    "RPAR": '")"',
    "RSQB": '"]"',
    "RBRACE": '"}"',
    "_NL": "end of line",
    END: "end of file",
}
"""Each kind of token in words, in the order in which several are listed."""

FOUND = {"NAME": "name", "SET_REF": "set", "SIZE": "size", "DURATION": "duration"}

HINTS = {
    "'": 'write text in double quotes: "..."',
    ";": "remove it: an entry ends with the line",
    ":": 'write key = value; write text with ":" in double quotes',
    "/": 'start a comment with #; write a path in double quotes: "/..."',
    "$": 'write text with "$" in double quotes; there are no variables',
    "*": 'write text with "*" in double quotes',
}


class Problem(NamedTuple):
    """The message and hint for one bad token; `width` is how many columns it covers."""

    message: str
    hint: str = ""
    width: int = 1


def describe(token: Token, expected: frozenset[str], before: Token | None, rest: str) -> Problem:
    """Describe a syntax error. `before` is the token before it, `rest` the line from it on."""
    if token.type == BAD_CHARACTER and token.text == '"':
        return _bad_text(rest)
    if token.type == TOO_LONG:
        return Problem(f"a number of {len(token.text)} characters is too long", "", len(token.text))
    wanted = expected_words(expected, before)
    message = f"unexpected {_found(token)}" + (f", expected {wanted}" if wanted else "")
    width = 1 if token.type in (BAD_CHARACTER, "_NL", END) else len(token.text)
    return Problem(message, _hint(token, expected, before), width)


def _found(token: Token) -> str:
    match token.type:
        case "_NL":
            return "newline"
        case t if t == END:
            return "end of file"
        case t if t == BAD_CHARACTER:
            shown = f'"{token.text}"' if token.text.isprintable() else f"U+{ord(token.text):04X}"
            return f"character {shown}"
        case "STRING":
            return "text in quotes"
        case "NUMBER":
            return "number"
        case kind:
            return f"{FOUND[kind]} {_short(token.text)}" if kind in FOUND else WORDS[kind]


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def expected_words(expected: frozenset[str], before: Token | None) -> str:
    """Return what could come next, in as few words as possible."""
    if expected >= VALUE:
        others = expected - VALUE - {"_NL"}
        return _either(["a value", *_sorted(others)])
    if expected >= TERM:
        return _either(["a model's name", "a set (+name)", '"("'])
    if {"EQUAL", "LBRACE"} <= expected:
        return '"=" (or "{", a label)'
    if "LBRACE" in expected and expected >= LABEL:
        return _either(['"{"', "a label", *_sorted(expected & {"NUMBER"})])
    if expected - {"_NL"} == LABEL | {"RBRACE"}:
        return _either(["a key", "a block", '"}"'])
    if expected <= LABEL | {END, "_NL"} and expected & {END}:
        return "a block"
    if "RSQB" in expected:
        # Inside a list a newline may stand anywhere, which helps nobody to know.
        expected = expected - {"_NL"}
    return _either(_sorted(expected))


def _sorted(expected: frozenset[str]) -> list[str]:
    return [words for kind, words in WORDS.items() if kind in expected]


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _hint(token: Token, expected: frozenset[str], before: Token | None) -> str:
    if token.type == BAD_CHARACTER:
        return HINTS.get(token.text, "")
    if token.type == "_NL" and "LBRACE" in expected and "EQUAL" not in expected:
        return 'write the "{" of a block on the same line'
    touching = before is not None and before.end == token.start
    if before is not None and touching and before.type in NUMBERS and token.type == "NAME":
        return "sizes end in KiB, MiB, GiB, TiB, KB, MB, GB or TB; durations in ms, s, m, h or d"
    if token.type == "LBRACE" and before is not None and before.type in NUMBERS:
        return f'write a label that starts with a digit in double quotes: "{_short(before.text)}"'
    return ""


def _bad_text(rest: str) -> Problem:
    """Describe why no text starts at a quote: it never ends, or it has an unknown escape."""
    whole = re.match(r'"(\\.|[^"\\])*"', rest)
    bad = re.search(r'\\[^"\\nt]', whole[0].replace("\\\\", "__")) if whole else None
    if whole and bad:
        hint = r"write a backslash as \\; the other escapes are \" \n \t"
        return Problem(f"unknown escape {bad[0]} in text", hint, len(whole[0]))
    return Problem('text has no closing "', "close it on the same line", len(rest))
