"""`llamafleet fmt`: bring files into their canonical form."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from ..diagnostics.model import Diagnostics
from ..language.formatter import FormatterError, format_file
from ..language.reading import read_bytes, read_source
from ..source import Source
from .files import replace_file
from .terminal import STDIN, counted, say, show

DASH = "-"
"""The path that means stdin, and stdout for the result."""


class Outcome(StrEnum):
    """The result of formatting one file."""

    SAME = "already canonical"
    FORMATTED = "formatted"
    PENDING = "to be formatted"
    REFUSED = "with errors"
    FAILED = "not formatted"


def fmt(files: list[str], check: bool, diff: bool) -> int:
    """Format each file; the exit code is that of the worst."""
    outcomes = [_one(path, write=not (check or diff), diff=diff) for path in dict.fromkeys(files)]
    if files != [DASH]:
        counts = ((outcomes.count(each), each) for each in Outcome)
        words = (f"{counted(number, 'file')} {each}" for number, each in counts if number)
        print(", ".join(words), file=sys.stderr)
    if Outcome.FAILED in outcomes:
        return 3
    return int(Outcome.REFUSED in outcomes or (check and Outcome.PENDING in outcomes))


def _one(path: str, write: bool, diff: bool) -> Outcome:
    diagnostics = Diagnostics()
    name = STDIN if path == DASH else path
    data = b""

    def read(_: str) -> bytes:
        nonlocal data
        data = sys.stdin.buffer.read() if path == DASH else read_bytes(path)
        return data

    source = read_source(name, diagnostics, read=read)
    if source is None:
        show(diagnostics, {}, sys.stderr)
        return Outcome.REFUSED
    try:
        formatted = format_file(source)
    except FormatterError as error:
        say(f"internal error: {error}; {name} is unchanged")
        say("please report it with the file attached")
        return Outcome.FAILED
    if formatted.diagnostics.has_errors:
        show(formatted.diagnostics, {name: source}, sys.stderr)
        return Outcome.REFUSED
    result = formatted.text.encode()
    if diff:
        sys.stdout.writelines(_diff(path, source, formatted.text))
    if write:
        _write(path, result, data)
    if result == data:
        return Outcome.SAME
    if not write and not diff:
        print(name)
    return Outcome.FORMATTED if write else Outcome.PENDING


def _write(path: str, result: bytes, data: bytes) -> None:
    if path == DASH:
        sys.stdout.buffer.write(result)
    elif result != data:
        replace_file(Path(path), result)


def _diff(path: str, source: Source, text: str) -> Iterator[str]:
    from difflib import unified_diff

    before, after = _lines(source.text), _lines(text)
    for line in unified_diff(before, after, f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Return the lines with their ends; `splitlines` would also split where no editor does."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
