"""Reads an argv as llama-server would: which flag each word is, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .flag_tables import FlagTable
from .server_flag import ServerFlag

_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NAME = re.compile(r"--?[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Given:
    """One flag of an argv. `flag` is None where the table has none of that name.

    `problem` says what is wrong with its value, in words that follow the flag's name.
    """

    name: str
    flag: ServerFlag | None
    values: tuple[str, ...] = ()
    negative: bool = False
    problem: str = ""


def read_argv(words: Sequence[str], table: FlagTable) -> Iterator[Given]:
    """Every flag of an argv, in order; llama-server stops at the first that is wrong."""
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        name = spelled(word)
        flag = table.by_name.get(name)
        if flag is None:
            if _NAME.match(word):
                yield Given(word, None)
                # What follows may be its value.
                if at < len(words) and not _NAME.match(words[at]):
                    at += 1
            continue
        if name in flag.negatives or flag.type in ("switch", "flag"):
            yield Given(word, flag, (), name in flag.negatives)
            continue
        wanted = 2 if flag.type == "pair" else 1
        values = tuple(words[at : at + wanted])
        at += wanted
        if len(values) < wanted or (spelled(values[0]) in table.by_name and not flag.free_text):
            at -= wanted
            yield Given(word, flag, (), False, "has no value")
        else:
            yield Given(word, flag, values, False, value_problem(flag, values))


def spelled(word: str) -> str:
    """A flag as the table spells it: llama-server reads `_` of a long name as `-`."""
    return word.replace("_", "-") if word.startswith("--") else word


def value_problem(flag: ServerFlag, values: Sequence[str]) -> str:
    """Why llama-server would not take these values, or would read them as something else."""
    if "${" in "".join(values):
        return ""  # a macro, whose value is not known here
    text = values[0]
    if text in flag.words or (flag.none and text == "none"):
        return ""
    match flag.type:
        case "integer":
            return _integer_problem(flag, text)
        case "number" if not _NUMBER.fullmatch(text):
            return f"takes a number, not {text}"
        case "choice":
            return f"takes {_listed(flag.words)}, not {text}"
        case "list" if flag.words:
            bad = [part for part in text.split(",") if part not in flag.words]
            return f"takes {_listed(flag.words)}, not {bad[0]}" if bad else ""
    return ""


def _integer_problem(flag: ServerFlag, text: str) -> str:
    if not re.fullmatch(r"[+-]?\d+", text):
        words = f", {_listed(flag.words)}" if flag.words else ""
        read = re.match(r"\s*[+-]?\d+", text)
        seen = f", and would read {text} as {int(read[0])}" if read else f", not {text}"
        return f"takes a whole number{words}{seen}"
    low, high = flag.low, flag.high
    if not low <= int(text) <= high:
        return f"takes {low} to {high}, not {text}"
    return ""


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
