"""Types of single values that are numbers, switches, words of a list, sizes or durations."""

from __future__ import annotations

import re

from ...dataclasses import dataclass
from ...language import syntax
from .value_type import BARE_WORD, Mismatch, any_of, did_you_mean, mismatch

SWITCHES = {
    "true": "on", "yes": "on", "enabled": "on", "1": "on", "on": "on",
    "false": "off", "no": "off", "disabled": "off", "0": "off", "off": "off",
}  # fmt: skip
"""How other languages say on and off."""

_TEN_YEARS = 10 * 365 * 86_400_000


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number; by default what fits into 32 bits, as upstream parses it."""

    minimum: int = -(2**31)
    maximum: int = 2**31 - 1

    @property
    def expected(self) -> str:
        """`a whole number`, with the bounds that matter."""
        if self.maximum < 2**31 - 1:
            return f"a whole number from {self.minimum} to {self.maximum}"
        if self.minimum > -(2**31):
            return f"a whole number, {self.minimum} or more"
        return "a whole number"

    def read(self, value: syntax.Value) -> int | Mismatch:
        """Return the number, when it is whole and within the bounds."""
        if not isinstance(value, syntax.Number):
            return mismatch(self, value, self._hint(value))
        if "." in value.text:
            return mismatch(self, value)
        # Python refuses to convert thousands of digits; nothing that long is within any bounds.
        number = int(value.text) if len(value.text) < 20 else None
        if number is None or not self.minimum <= number <= self.maximum:
            return mismatch(self, value)
        return number

    def _hint(self, value: syntax.Value) -> str:
        match value:
            case syntax.Size():
                return f"write the number out: {value.size}"
            case syntax.Text() if re.fullmatch(r"-?[0-9]+", value.text):
                return "write it without quotes"
            case syntax.Text() if found := re.fullmatch(r"([0-9]{1,9}) ?([kKmM])i?", value.text):
                factor = 1024 if found[2] in "kK" else 1024**2
                return f"write the number out: {int(found[1]) * factor}"
        return ""


@dataclass(frozen=True, slots=True)
class Decimal:
    """A number, whole or not."""

    @property
    def expected(self) -> str:
        """`a number`."""
        return "a number"

    def read(self, value: syntax.Value) -> float | Mismatch:
        """Return the number."""
        if isinstance(value, syntax.Number) and len(value.text) < 40:
            return float(value.text)
        return mismatch(self, value)


@dataclass(frozen=True, slots=True)
class Switch:
    """`on` or `off`."""

    @property
    def expected(self) -> str:
        """`on or off`."""
        return "on or off"

    def read(self, value: syntax.Value) -> bool | Mismatch:
        """Return True for `on`, False for `off`."""
        if isinstance(value, syntax.Name) and value.text in ("on", "off"):
            return value.text == "on"
        word = "" if isinstance(value, syntax.Items) else value.text.lower()
        return mismatch(self, value, f"write {SWITCHES[word]}" if word in SWITCHES else "")


@dataclass(frozen=True, slots=True, init=False)
class Choice:
    """One of a few words, spelled as upstream spells them."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)

    @property
    def expected(self) -> str:
        """`cuda, hip or cpu`."""
        return any_of(word if BARE_WORD.fullmatch(word) else f'"{word}"' for word in self.words)

    def read(self, value: syntax.Value) -> str | Mismatch:
        """Return the word. One that cannot be written bare (`mmap+mlock`) is written in quotes."""
        if isinstance(value, syntax.Name | syntax.Text) and value.text in self.words:
            bare = BARE_WORD.fullmatch(value.text) is not None
            if bare == isinstance(value, syntax.Name):
                return value.text
            return mismatch(self, value, "write it without quotes")
        return mismatch(self, value, self._hint(value))

    def _hint(self, value: syntax.Value) -> str:
        if isinstance(value, syntax.Items):
            return ""
        switch = SWITCHES.get(value.text.lower(), "")
        if switch in self.words:
            return f"write {switch}"
        return did_you_mean(value.text, self.words)


@dataclass(frozen=True, slots=True)
class Size:
    """An amount of memory, in bytes."""

    @property
    def expected(self) -> str:
        """`a size such as 24GiB`."""
        return "a size such as 24GiB"

    def read(self, value: syntax.Value) -> int | Mismatch:
        """Return the number of bytes."""
        if isinstance(value, syntax.Size) and 0 <= value.size < 2**63:
            return value.size
        number = value.text if isinstance(value, syntax.Number) else ""
        return mismatch(self, value, f"add a unit: {number}GiB" if number else "")


@dataclass(frozen=True, slots=True)
class Duration:
    """A time span, in milliseconds."""

    minimum: int = 0

    @property
    def expected(self) -> str:
        """`a duration such as 30s`."""
        least = f" of at least {self.minimum // 1000}s" if self.minimum else ""
        return f"a duration{least} such as 30s or 1h30m"

    def read(self, value: syntax.Value) -> int | Mismatch:
        """Return the milliseconds."""
        if isinstance(value, syntax.Duration):
            if self.minimum <= value.milliseconds <= _TEN_YEARS:
                return value.milliseconds
            most = "write at most 87600h, which is ten years"
            return mismatch(self, value, most if value.milliseconds > _TEN_YEARS else "")
        number = value.text if isinstance(value, syntax.Number) else ""
        return mismatch(self, value, f"add a unit: {number}s" if number else "")
