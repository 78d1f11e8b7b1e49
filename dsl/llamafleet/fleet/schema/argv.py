"""Reads an argv as llama-server would: which flag each word is, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...dataclasses import dataclass
from .flag_tables import FlagTable
from .server_flag import ServerFlag

_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NAME = re.compile(r"--?[A-Za-z]")


class Problem(NamedTuple):
    """A problem with a flag's value, in words that follow the flag's name.

    `refused`: llama-server stops at it. Else it goes on, with something other than what is written.
    """

    text: str
    refused: bool


@dataclass(frozen=True, slots=True)
class ParsedFlag:
    """One flag of an argv. `flag` is None where the table has none of that name."""

    name: str
    flag: ServerFlag | None
    values: tuple[str, ...] = ()
    negative: bool = False
    problem: Problem | None = None


def read_argv(words: Sequence[str], table: FlagTable) -> Iterator[ParsedFlag]:
    """Yield every flag of an argv, in order; llama-server stops at the first that is wrong."""
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        name = spelled(word)
        flag = table.by_name.get(name)
        if flag is None:
            if _NAME.match(word):
                yield ParsedFlag(word, None)
                # What follows may be its value.
                if at < len(words) and not _NAME.match(words[at]):
                    at += 1
            continue
        if name in flag.negatives or flag.type in ("switch", "flag"):
            yield ParsedFlag(word, flag, (), name in flag.negatives)
            continue
        wanted = 2 if flag.type == "pair" else 1
        values = tuple(words[at : at + wanted])
        at += wanted
        if len(values) < wanted or (spelled(values[0]) in table.by_name and not flag.free_text):
            at -= wanted
            yield ParsedFlag(word, flag, (), False, Problem("needs a value", True))
        else:
            yield ParsedFlag(word, flag, values, False, value_problem(flag, values))


def spelled(word: str) -> str:
    """Return a flag as the table spells it: llama-server reads `_` of a long name as `-`."""
    return word.replace("_", "-") if word.startswith("--") else word


def value_problem(flag: ServerFlag, values: Sequence[str]) -> Problem | None:
    """Return why llama-server rejects or misreads these values; None if it does neither."""
    if "${" in "".join(values):
        return None  # a macro, whose value is not known here
    text = values[0]
    if text in flag.words or (flag.none and text == "none"):
        return None
    match flag.type:
        case "integer":
            return _integer_problem(flag, text)
        case "number":
            return _number_problem(text)
        case "choice":
            return Problem(f"takes {_listed(flag.words)}, not {text}", True)
        case "list" if flag.words:
            bad = [part for part in text.split(",") if part not in flag.words]
            return Problem(f"takes {_listed(flag.words)}, not {bad[0]}", True) if bad else None
    return None


def _number_problem(text: str) -> Problem | None:
    read = _NUMBER.match(text)
    if read is None:
        return Problem(f"takes a number, not {text}", True)
    if read[0] != text:
        return Problem(f"takes a number, and reads {text} as {read[0]}", False)
    return None


def _integer_problem(flag: ServerFlag, text: str) -> Problem | None:
    read = re.match(r"[+-]?\d+", text)
    if read is None:
        words = f", {_listed(flag.words)}" if flag.words else ""
        return Problem(f"takes a whole number{words}, not {text}", True)
    value = int(read[0])
    if read[0] != text and not re.fullmatch(r"\.0*", text[read.end() :]):
        return Problem(f"takes a whole number, and reads {text} as {value}", False)
    if not flag.low <= value <= flag.high:
        return Problem(f"takes {flag.low} to {flag.high}, not {text}", "prio" in flag.key)
    return None


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
