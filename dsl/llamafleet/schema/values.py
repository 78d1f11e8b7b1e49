"""The types of values: each turns a syntax value into a checked one, or says why it cannot.

A type is a small frozen object with `expected` (words for messages and the reference) and `read`.
To add one, write such a class; nothing needs to be registered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..fleet.model import ListenAddress
from ..language import syntax
from ..language.source import Span

BARE_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")
_ADDRESS = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<host>[A-Za-z0-9._\-]*|\*)):(?P<port>[0-9]{1,5})")
SWITCHES = {
    "true": "on", "yes": "on", "enabled": "on", "1": "on", "on": "on",
    "false": "off", "no": "off", "disabled": "off", "0": "off", "off": "off",
}  # fmt: skip
"""How other languages say on and off."""
_TEN_YEARS = 10 * 365 * 86_400_000
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


class Named(NamedTuple):
    """A name as it is written somewhere, and where."""

    text: str
    span: Span


class Mismatch(NamedTuple):
    """Why a value is not of a type: what stands there, what was expected, and the way out."""

    found: str
    expected: str
    span: Span
    hint: str = ""


class ValueType(Protocol):
    """What a key takes."""

    @property
    def expected(self) -> str:
        """What to write, in words: `a whole number from 1 to 65535`."""

    def read(self, value: syntax.Value) -> object:
        """The checked value, or a Mismatch."""


def described(value: syntax.Value) -> str:
    """What a value is, in words, for messages."""
    match value:
        case syntax.Name():
            return f"the word {_short(value.text)}"
        case syntax.Text():
            return f'the text "{_short(value.text)}"'
        case syntax.Number():
            return f"the number {_short(value.text)}"
        case syntax.Size():
            return f"the size {_short(value.text)}"
        case syntax.Duration():
            return f"the duration {_short(value.text)}"
        case syntax.Items():
            return "a list"


def any_of(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def did_you_mean(word: str, candidates: Iterable[str], otherwise: str = "") -> str:
    """The hint for a word that nothing is called."""
    from ..diagnostics.suggest import suggest  # only loaded where something is wrong

    found = suggest(word, candidates)
    return f'did you mean "{found}"?' if found else otherwise


def unprintable(text: str) -> bool:
    """Whether text holds what cannot stand on one line of a configuration file."""
    return _UNPRINTABLE.search(text) is not None


def _short(text: str) -> str:
    visible = _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return visible if len(visible) <= 60 else visible[:57] + "..."


def _mismatch(wanted: ValueType, value: syntax.Value, hint: str = "") -> Mismatch:
    return Mismatch(described(value), wanted.expected, value.span, hint)


def _quoted_hint(value: syntax.Value) -> str:
    if isinstance(value, syntax.Items | syntax.Text):
        return ""
    return f'put it in quotes: "{value.text}"'


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
        """The number, when it is whole and within the bounds."""
        if not isinstance(value, syntax.Number):
            return _mismatch(self, value, self._hint(value))
        if "." in value.text:
            return _mismatch(self, value)
        # Python refuses to convert thousands of digits; nothing that long is within any bounds.
        number = int(value.text) if len(value.text) < 20 else None
        if number is None or not self.minimum <= number <= self.maximum:
            return _mismatch(self, value)
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
        """The number."""
        if isinstance(value, syntax.Number) and len(value.text) < 40:
            return float(value.text)
        return _mismatch(self, value)


@dataclass(frozen=True, slots=True)
class Switch:
    """`on` or `off`."""

    @property
    def expected(self) -> str:
        """`on or off`."""
        return "on or off"

    def read(self, value: syntax.Value) -> bool | Mismatch:
        """True for `on`."""
        if isinstance(value, syntax.Name) and value.text in ("on", "off"):
            return value.text == "on"
        word = "" if isinstance(value, syntax.Items) else value.text.lower()
        return _mismatch(self, value, f"write {SWITCHES[word]}" if word in SWITCHES else "")


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
        """The word. One that cannot be written bare (`mmap+mlock`) is written in quotes."""
        if isinstance(value, syntax.Name | syntax.Text) and value.text in self.words:
            bare = BARE_WORD.fullmatch(value.text) is not None
            if bare == isinstance(value, syntax.Name):
                return value.text
            return _mismatch(self, value, "write it without quotes")
        return _mismatch(self, value, self._hint(value))

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
        """The number of bytes."""
        if isinstance(value, syntax.Size) and 0 <= value.size < 2**63:
            return value.size
        number = value.text if isinstance(value, syntax.Number) else ""
        return _mismatch(self, value, f"add a unit: {number}GiB" if number else "")


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
        """The milliseconds."""
        if isinstance(value, syntax.Duration):
            if self.minimum <= value.milliseconds <= _TEN_YEARS:
                return value.milliseconds
            return _mismatch(self, value)
        number = value.text if isinstance(value, syntax.Number) else ""
        return _mismatch(self, value, f"add a unit: {number}s" if number else "")


@dataclass(frozen=True, slots=True)
class Text:
    """Quoted text on one line."""

    @property
    def expected(self) -> str:
        """`text in quotes`."""
        return "text in quotes"

    def read(self, value: syntax.Value) -> str | Mismatch:
        """The text, its escapes resolved."""
        if not isinstance(value, syntax.Text):
            hint = (
                f'write "{value.text}"' if isinstance(value, syntax.Name) else _quoted_hint(value)
            )
            return _mismatch(self, value, hint)
        return _printable(value, self)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Quoted text of a certain form, such as a path or a checksum; `expected` says which."""

    regex: str
    expected: str

    def read(self, value: syntax.Value) -> str | Mismatch:
        """The text, when all of it matches."""
        if not isinstance(value, syntax.Text):
            good = not isinstance(value, syntax.Items) and re.fullmatch(self.regex, value.text)
            return _mismatch(self, value, _quoted_hint(value) if good else "")
        text = _printable(value, self)
        if isinstance(text, str) and not re.fullmatch(self.regex, text):
            return _mismatch(self, value)
        return text


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word."""

    @property
    def expected(self) -> str:
        """`a word`."""
        return "a word"

    def read(self, value: syntax.Value) -> str | Mismatch:
        """The word."""
        if isinstance(value, syntax.Name):
            return value.text
        bare = isinstance(value, syntax.Text) and BARE_WORD.fullmatch(value.text)
        return _mismatch(self, value, "write it without quotes" if bare else "")


@dataclass(frozen=True, slots=True)
class TextOrWord:
    """A bare word or quoted text."""

    @property
    def expected(self) -> str:
        """`a word or text in quotes`."""
        return "a word or text in quotes"

    def read(self, value: syntax.Value) -> str | Mismatch:
        """The text."""
        if not isinstance(value, syntax.Name | syntax.Text):
            return _mismatch(self, value, _quoted_hint(value))
        return _printable(value, self)


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of something: `kind` says of what, in words."""

    kind: str

    @property
    def expected(self) -> str:
        """`the name of a host`."""
        return f"the name of {'an' if self.kind[0] in 'aeiou' else 'a'} {self.kind}"

    def read(self, value: syntax.Value) -> Named | Mismatch:
        """The name and its place; whether it exists is the resolver's question."""
        if not isinstance(value, syntax.Name | syntax.Text):
            return _mismatch(self, value, _quoted_hint(value))
        text = _printable(value, self)
        return text if isinstance(text, Mismatch) else Named(text, value.span)


@dataclass(frozen=True, slots=True)
class Listen:
    """An address and a port to listen on."""

    @property
    def expected(self) -> str:
        """`an address and port such as "127.0.0.1:8080"`."""
        return 'an address and port such as "127.0.0.1:8080"'

    def read(self, value: syntax.Value) -> ListenAddress | Mismatch:
        """The address. `":8080"` and `"*:8080"` mean every IPv4 address of the machine."""
        if isinstance(value, syntax.Number):
            hint = f'write "127.0.0.1:{value.text}", or "0.0.0.0:{value.text}" for other machines'
            return _mismatch(self, value, hint)
        found = _ADDRESS.fullmatch(value.text) if isinstance(value, syntax.Text) else None
        if found is None or not 1 <= int(found["port"]) <= 65535:
            return _mismatch(self, value)
        if found["six"] is not None:
            good = _is_ipv6(found["six"])
            return (
                ListenAddress(found["six"], int(found["port"])) if good else _mismatch(self, value)
            )
        host = "0.0.0.0" if found["host"] in ("", "*") else found["host"]
        if not _is_host(host):
            return _mismatch(self, value)
        return ListenAddress(host, int(found["port"]))


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items are of one type; `length` demands that many."""

    item: ValueType
    length: int | None = None

    @property
    def expected(self) -> str:
        """`a list [ … ], each item a word`."""
        items = f"{self.length} items" if self.length else "each item"
        return f"a list [ ... ], {items} {self.item.expected}"

    def read(self, value: syntax.Value) -> tuple[object, ...] | Mismatch:
        """The items; the first bad one is what is reported."""
        if not isinstance(value, syntax.Items):
            single = self.item.read(value)
            alone = f"[{_short(value.text)}]" if not isinstance(value, syntax.Text) else '["..."]'
            return _mismatch(self, value, "" if isinstance(single, Mismatch) else f"write {alone}")
        items = tuple(self.item.read(each) for each in value.values)
        bad = next((each for each in items if isinstance(each, Mismatch)), None)
        if self.length is not None and len(items) != self.length:
            return Mismatch(f"{len(items)} items", self.expected, value.span)
        return bad or items


@dataclass(frozen=True, slots=True, init=False)
class OneOf:
    """A value of the first type that takes it."""

    types: tuple[ValueType, ...]

    def __init__(self, *types: ValueType) -> None:
        object.__setattr__(self, "types", types)

    @property
    def expected(self) -> str:
        """What each type expects, joined by `or`."""
        return " or ".join(each.expected for each in self.types)

    def read(self, value: syntax.Value) -> object:
        """What the first type that takes the value makes of it."""
        hint = ""
        for each in self.types:
            found = each.read(value)
            if not isinstance(found, Mismatch):
                return found
            hint = hint or found.hint
        return _mismatch(self, value, hint)


def _printable(value: syntax.Name | syntax.Text, wanted: ValueType) -> str | Mismatch:
    if unprintable(value.text):
        hint = "a line break or control character cannot stand in what is rendered from this"
        return _mismatch(wanted, value, hint)
    return value.text


def _is_host(host: str) -> bool:
    if re.fullmatch(r"[0-9.]+", host):
        parts = host.split(".")
        return len(parts) == 4 and all(
            part.isdigit() and len(part) <= 3 and int(part) < 256 for part in parts
        )
    return all(
        re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_\-]*[A-Za-z0-9_])?", part)
        for part in host.split(".")
    )


def _is_ipv6(text: str) -> bool:
    import ipaddress  # 3 ms of import that most fleets never need

    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text
