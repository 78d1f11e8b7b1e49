"""Types of values that are texts, words, names or addresses."""

from __future__ import annotations

import re

from ...dataclasses import dataclass
from ...language import syntax
from ..endpoint import ListenAddress
from .value_type import BARE_WORD, Mismatch, Named, mismatch, printable, quoted_hint

_ADDRESS = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<host>[A-Za-z0-9._\-]*|\*)):(?P<port>[0-9]{1,5})")
SWITCHES = {
    "true": "on", "yes": "on", "enabled": "on", "1": "on", "on": "on",
    "false": "off", "no": "off", "disabled": "off", "0": "off", "off": "off",
}  # fmt: skip
"""How other languages say on and off."""


@dataclass(frozen=True, slots=True)
class Text:
    """Quoted text on one line."""

    @property
    def expected(self) -> str:
        """`text in quotes`."""
        return "text in quotes"

    def read(self, value: syntax.Value) -> str | Mismatch:
        """Return the text, its escapes resolved."""
        if not isinstance(value, syntax.Text):
            return mismatch(self, value, quoted_hint(value))
        return printable(value, self)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text of a certain form, such as a path or a checksum; `expected` says which.

    It stands in quotes; `bare` lets it be a word, too.
    """

    regex: str
    expected: str
    bare: bool = False

    def read(self, value: syntax.Value) -> str | Mismatch:
        """Return the text, when all of it matches."""
        if self.bare and isinstance(value, syntax.Name) and re.fullmatch(self.regex, value.text):
            return value.text
        if not isinstance(value, syntax.Text):
            good = not isinstance(value, syntax.Items) and re.fullmatch(self.regex, value.text)
            return mismatch(self, value, quoted_hint(value) if good else "")
        text = printable(value, self)
        if isinstance(text, str) and not re.fullmatch(self.regex, text):
            return mismatch(self, value)
        return text


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word."""

    @property
    def expected(self) -> str:
        """`a word`."""
        return "a word"

    def read(self, value: syntax.Value) -> str | Mismatch:
        """Return the word."""
        if isinstance(value, syntax.Name):
            return value.text
        bare = isinstance(value, syntax.Text) and BARE_WORD.fullmatch(value.text)
        return mismatch(self, value, "write it without quotes" if bare else "")


@dataclass(frozen=True, slots=True)
class TextOrWord:
    """A bare word or quoted text."""

    @property
    def expected(self) -> str:
        """`a word or text in quotes`."""
        return "a word or text in quotes"

    def read(self, value: syntax.Value) -> str | Mismatch:
        """Return the text."""
        if not isinstance(value, syntax.Name | syntax.Text):
            return mismatch(self, value, quoted_hint(value))
        return printable(value, self)


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of something: `kind` says of what, in words."""

    kind: str

    @property
    def expected(self) -> str:
        """`the name of a host`."""
        return f"the name of {'an' if self.kind[0] in 'aeiou' else 'a'} {self.kind}"

    def read(self, value: syntax.Value) -> Named | Mismatch:
        """Return the name and its place; whether it exists is the resolver's question."""
        if not isinstance(value, syntax.Name | syntax.Text):
            return mismatch(self, value, quoted_hint(value))
        text = printable(value, self)
        return text if isinstance(text, Mismatch) else Named(text, value.span)


@dataclass(frozen=True, slots=True)
class Listen:
    """An address and a port to listen on."""

    @property
    def expected(self) -> str:
        """`an address and port such as "127.0.0.1:8080"`."""
        return 'an address and port such as "127.0.0.1:8080"'

    def read(self, value: syntax.Value) -> ListenAddress | Mismatch:
        """Return the address. `":8080"` and `"*:8080"` mean every IPv4 address of the machine."""
        if isinstance(value, syntax.Number):
            hint = f'write "127.0.0.1:{value.text}", or "0.0.0.0:{value.text}" for other machines'
            return mismatch(self, value, hint)
        found = _ADDRESS.fullmatch(value.text) if isinstance(value, syntax.Text) else None
        if found is None or not 1 <= int(found["port"]) <= 65535:
            return mismatch(self, value)
        if found["six"] is not None:
            good = _is_ipv6(found["six"])
            return (
                ListenAddress(found["six"], int(found["port"])) if good else mismatch(self, value)
            )
        host = "0.0.0.0" if found["host"] in ("", "*") else found["host"]
        if not _is_host(host):
            return mismatch(self, value)
        return ListenAddress(host, int(found["port"]))


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


def is_ip(host: str) -> bool:
    """Return True for an IP address, which needs no name service."""
    return _is_ipv6(host) or (_is_host(host) and re.fullmatch(r"[0-9.]+", host) is not None)


def _is_ipv6(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text
