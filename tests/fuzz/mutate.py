"""Damage to texts and bytes, from a seed: what people and programs get wrong, and worse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

MOST = 6000
"""Characters of an input that goes on being mutated: longer ones only take longer."""

NASTY = (
    "\0", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ufeff", "\u202e", "\ud800", "\U0010ffff",
    "\t", "\r", "\n", "\r\n", "\x0b", "\x0c", "\u00a0", "é", "ß", "İ", "中", "²", "٣", "%", "%n",
    "%%", "$", "$$", "${X}", "${env.X}", "${PORT}", "{", "}", "[", "]", "(", ")", "'", '"', "`",
    "\\", "\\\n", "\\x0", "\\U00110000", "\\ud800", "#", ";", ":", ": ", ",", "&", "*", "!", "|",
    ">", "@", "=", "==", "-", "--", "~", "^", "/", "..", "//", "<<", "? ", "- ", "0", "-1", "1e999",
    "nan", ".inf", "0x7fffffffffffffff", "18446744073709551616", "9" * 400, "1_000", "0b1", "0o7",
    "true", "null", "none", "",
)  # fmt: skip
"""What is put somewhere, whatever the format."""

_WORD = re.compile(r"[^\s\"'=:,\[\]{}]+")


def mutated(text: str, random: Random, words: Sequence[str], others: Sequence[str]) -> str:
    """The text with one to four changes; `words` mean something in its format."""
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        text = random.choice(_CHANGES)(text[:MOST], random, words, others)
    return text


def _put(text: str, random: Random, words: Sequence[str], others: Sequence[str]) -> str:
    at = random.randint(0, len(text))
    return text[:at] + _any(random, words) + text[at:]


def _replace_word(text: str, random: Random, words: Sequence[str], others: Sequence[str]) -> str:
    places = [found.span() for found in _WORD.finditer(text)]
    if not places:
        return _put(text, random, words, others)
    start, end = random.choice(places)
    return text[:start] + _any(random, words) + text[end:]


def _replace_value(text: str, random: Random, words: Sequence[str], others: Sequence[str]) -> str:
    """Everything behind the first sign of a line, which is its value in most formats."""
    lines = text.split("\n")
    at = random.randrange(len(lines))
    found = re.match(r"[^=:]*[=:]\s?", lines[at])
    lines[at] = (found[0] if found else "") + _any(random, words)
    return "\n".join(lines)


def _cut(text: str, random: Random, words: Sequence[str], others: Sequence[str]) -> str:
    start = random.randint(0, len(text))
    return text[:start] + text[start + random.choice((1, 1, 2, 8, 60, 4000)) :]


def _lines(text: str, random: Random, words: Sequence[str], others: Sequence[str]) -> str:
    """A line gone, doubled, moved, indented, joined to the next, or taken from another text."""
    lines = text.split("\n")
    at, to = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(7):
        case 0:
            del lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines.insert(to, lines.pop(at))
        case 3:
            lines[at] = random.choice((" ", "  ", "    ", "\t")) + lines[at]
        case 4:
            lines[at] = lines[at].lstrip()
        case 5:
            lines[at : at + 2] = ["".join(lines[at : at + 2])]
        case _:
            lines.insert(at, random.choice(random.choice(others).split("\n")))
    return "\n".join(lines)


def _splice(text: str, random: Random, words: Sequence[str], others: Sequence[str]) -> str:
    """The beginning of this text and the end of another."""
    other = random.choice(others)
    return text[: random.randint(0, len(text))] + other[random.randint(0, len(other)) :]


def _repeat(text: str, random: Random, words: Sequence[str], others: Sequence[str]) -> str:
    start = random.randint(0, len(text))
    piece = text[start : start + random.choice((1, 1, 3, 10))]
    return text[:start] + piece * random.choice((2, 3, 40, 300)) + text[start:]


def _any(random: Random, words: Sequence[str]) -> str:
    match random.randrange(4):
        case 0:
            return random.choice(NASTY)
        case 1:
            return random.choice(words) + random.choice(NASTY)
        case 2:
            return "".join(random.choice(NASTY) for _ in range(random.randint(1, 4)))
        case _:
            return random.choice(words)


_CHANGES = (_put, _put, _replace_word, _replace_word, _replace_value, _cut, _lines, _lines, _splice,
            _repeat)  # fmt: skip


def mutated_bytes(data: bytes, random: Random) -> bytes:
    """Bytes with a few overwritten, gone, doubled, or a number in them made extreme."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        at = random.randint(0, len(data))
        match random.randrange(6):
            case 0:
                data = data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
            case 1:
                data = data[:at] + data[at + random.choice((1, 4, 8, 200)) :]
            case 2:
                data = data[:at] + data[at : at + random.choice((1, 8, 32))] + data[at:]
            case 3:
                data = data[:at]
            case _:
                width = random.choice((1, 4, 4, 8, 8))
                number = random.choice((0, 1, 2, 1 << 31, (1 << 31) - 1, (1 << 62) + 1,
                (1 << 64) - 1,
                                        1 << 40, 65535, 1 << 20))  # fmt: skip
                word = (number & ((1 << 8 * width) - 1)).to_bytes(width, "little")
                data = data[:at] + word + data[at + width :]
    return data
