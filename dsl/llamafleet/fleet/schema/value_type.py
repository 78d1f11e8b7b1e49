"""The protocol of value types, mismatches, and words for messages about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from ...language import syntax
from ...source import Span

BARE_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


class Named(NamedTuple):
    """A name as it is written somewhere, and where."""

    text: str
    span: Span


class Mismatch(NamedTuple):
    """A value of the wrong type: what was found, what was expected, and a hint."""

    found: str
    expected: str
    span: Span
    hint: str = ""


class ValueType(Protocol):
    """A type of values that a key takes."""

    @property
    def expected(self) -> str:
        """Describe valid values: `a whole number from 1 to 65535`."""

    def read(self, value: syntax.Value) -> object:
        """Return the checked value, or a Mismatch."""


def described(value: syntax.Value) -> str:
    """Describe a value in a few words, for messages."""
    match value:
        case syntax.Name():
            return f"the word {shortened(value.text)}"
        case syntax.Text():
            return f'the text "{shortened(value.text)}"'
        case syntax.Number():
            return f"the number {shortened(value.text)}"
        case syntax.Size():
            return f"the size {shortened(value.text)}"
        case syntax.Duration():
            return f"the duration {shortened(value.text)}"
        case syntax.Items():
            return "a list"


def any_of(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def did_you_mean(word: str, candidates: Iterable[str], otherwise: str = "") -> str:
    """Return the hint for a word that nothing is called."""
    from ...diagnostics.suggest import suggest  # only loaded where something is wrong

    found = suggest(word, candidates)
    return f'did you mean "{found}"?' if found else otherwise


def unprintable(text: str) -> bool:
    """Return True if the text has a character that no line of a configuration file can hold."""
    return _UNPRINTABLE.search(text) is not None


def shortened(text: str) -> str:
    """Return a text as it can stand in a message."""
    visible = _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return visible if len(visible) <= 60 else visible[:57] + "..."


def mismatch(wanted: ValueType, value: syntax.Value, hint: str = "") -> Mismatch:
    """Return a Mismatch for `value`."""
    return Mismatch(described(value), wanted.expected, value.span, hint)


def quoted_hint(value: syntax.Value) -> str:
    """Return the way out where text was expected."""
    if isinstance(value, syntax.Items | syntax.Text):
        return ""
    return f'put it in quotes: "{value.text}"'


def printable(value: syntax.Name | syntax.Text, wanted: ValueType) -> str | Mismatch:
    """Return the text, when it can stand on one line."""
    if unprintable(value.text):
        hint = "remove line breaks and control characters: this becomes one line of a file"
        return mismatch(wanted, value, hint)
    return value.text
