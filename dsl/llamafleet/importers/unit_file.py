"""Reads systemd units as systemd does: sections, continued lines, quoting, specifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..fleet.words import Word
from ..source import Position, Source, Span

PREFIXES = "@-:+!|"
NOTHING_ALLOWED = frozenset({"CapabilityBoundingSet"})
"""Keys whose empty value is one: the strictest."""
_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " ",
    "\\": "\\", '"': '"', "'": "'",
}  # fmt: skip
_CODES = {"x": (2, 16), "u": (4, 16), "U": (8, 16)}
_EXPANSION = re.compile(r"\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")


@dataclass(frozen=True, slots=True)
class UnitSetting:
    """One assignment: its section, key and value, with the lines joined."""

    section: str
    key: str
    value: str
    span: Span

    def words(self) -> tuple[Word, ...]:
        """Return the value as words, with systemd's quoting."""
        return tuple(Word(text, self.span) for text in split(self.value))


def read(source: Source) -> tuple[UnitSetting, ...]:
    """Return every assignment of a unit; an empty value resets the key."""
    found: list[UnitSetting] = []
    section, lines = "", list(enumerate(source.lines, 1))
    while lines:
        number, line = lines.pop(0)
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        if text.startswith("[") and text.endswith("]"):
            section = text[1:-1]
            continue
        start, end = number, number
        while text.endswith("\\") and lines:
            end, following = lines.pop(0)
            if following.strip()[:1] in ("#", ";"):
                continue
            text = f"{text[:-1].rstrip()} {following.strip()}"
        key, sign, value = text.partition("=")
        if not sign:
            continue
        span = Span(
            source.path,
            Position(start, len(line) - len(line.lstrip()) + 1),
            Position(end, len(source.lines[end - 1]) + 1),
        )
        key, value = key.strip(), value.strip()
        if not value and key not in NOTHING_ALLOWED:
            found = [each for each in found if (each.section, each.key) != (section, key)]
        else:
            found.append(UnitSetting(section, key, value, span))
    return tuple(found)


def split(text: str) -> list[str]:
    """Split a value into words, with systemd's quotes and C escapes (systemd.syntax(7))."""
    words: list[str] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        word, quote = "", ""
        while at < len(text) and (quote or not text[at].isspace()):
            each = text[at]
            if each == "\\" and at + 1 < len(text):
                part, at = _escaped(text, at + 1)
                word += part
                continue
            if quote and each == quote:
                quote = ""
            elif not quote and each in "\"'":
                quote = each
            else:
                word += each
            at += 1
        words.append(word)
    return words


def _escaped(text: str, at: int) -> tuple[str, int]:
    each = text[at]
    if each in _ESCAPES:
        return _ESCAPES[each], at + 1
    if each in _CODES:
        width, base = _CODES[each]
        digits = text[at + 1 : at + 1 + width]
        if re.fullmatch(rf"[0-9a-fA-F]{{{width}}}", digits) and _is_character(int(digits, base)):
            return chr(int(digits, base)), at + 1 + width
    return "\\" + each, at + 1


def _is_character(code: int) -> bool:
    """Return True if Unicode has it: systemd refuses NUL, halves of pairs and numbers beyond."""
    return 0 < code < 0xD800 or 0xE000 <= code <= 0x10FFFF


def expanded(word: str, environment: dict[str, str]) -> tuple[str, list[str]]:
    """Return a word with its variables expanded, and the names of unknown ones."""
    unknown: list[str] = []

    def put(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name is None:
            return "$"
        if name not in environment:
            unknown.append(name)
            return found[0]
        return environment[name]

    return _EXPANSION.sub(put, word), unknown


def specifiers(word: str) -> tuple[str, list[str]]:
    """Return a word with `%%` as one percent sign, and the specifiers that only systemd knows."""
    unknown = [each for each in re.findall(r"%(.)", word) if each != "%"]
    return word.replace("%%", "%"), unknown
