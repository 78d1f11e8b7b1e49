"""Puts one value into a lock's text and leaves every other byte as it is.

A calibration takes its time, and so does whoever reads a diff: what is not its own stays as it was
written, whether this llamafleet knows it or not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from .json_text import json_lines

_DECODER = json.JSONDecoder()
_BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class _Member:
    """A name of an object, and where its value is in the text."""

    name: str
    start: int
    end: int


def spliced(text: str, names: tuple[str, ...], value: object) -> str:
    """Return the text with the value put in at these names; new names go in order.

    The text must be a lock that can be read.
    """
    return _into(text, _after(text, 0), names, value, " ")


def _into(text: str, start: int, names: tuple[str, ...], value: object, indent: str) -> str:
    name, *rest = names
    if text[start] != "{":
        raise ValueError(f"what {name} belongs to is no object")
    members = tuple(_members(text, start))
    for each in members:
        if each.name == name:
            if rest:
                return _into(text, each.start, tuple(rest), value, f"{indent} ")
            return text[: each.start] + _written(value, indent) + text[each.end :]
    for inner in reversed(rest):
        value = {inner: value}
    entry = f"{json.dumps(name)}: {_written(value, indent)}"
    before = [each for each in members if each.name < name or len(indent) == 1]
    if before:
        at = before[-1].end
        return f"{text[:at]},\n{indent}{entry}{text[at:]}"
    if members:
        return f"{text[: start + 1]}\n{indent}{entry},{text[start + 1 :]}"
    return f"{text[: start + 1]}\n{indent}{entry}\n{indent[1:]}{text[_after(text, start + 1) :]}"


def _written(value: object, indent: str) -> str:
    return "".join(json_lines(value, indent))


def _members(text: str, start: int) -> Iterator[_Member]:
    at = _after(text, start + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        begin = _after(text, _after(text, at) + 1)
        _, end = _DECODER.raw_decode(text, begin)
        yield _Member(name, begin, end)
        at = _after(text, end)
        if text[at] == ",":
            at = _after(text, at + 1)


def _after(text: str, at: int) -> int:
    """The next character that is not blank."""
    while text[at] in _BLANKS:
        at += 1
    return at
