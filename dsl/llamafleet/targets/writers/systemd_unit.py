"""systemd unit files: a tree of sections to text, with systemd's own quoting.

Three kinds of value are quoted differently, each by one function: plain text (specifiers only),
command lines (words in quotes, C escapes, `%` and `$` doubled) and environment assignments (as a
command's word, but `$` means nothing there).
"""

from __future__ import annotations

import re
from typing import TypeAlias

from ...dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command line. `prefix` is systemd's (`-`, `+`); an executable cannot begin with one."""

    argv: tuple[str, ...]
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """`NAME=value` for `Environment=`."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Words:
    """A list of words, such as names of units or paths."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """A line for whoever reads the unit, in place of a setting."""

    text: str


UnitValue: TypeAlias = str | int | bool | Command | Assignment | Words
Entry: TypeAlias = tuple[str, UnitValue] | Comment


@dataclass(frozen=True, slots=True)
class Section:
    """`[name]` with its settings and comments, in order; a key may come again."""

    name: str
    settings: tuple[Entry, ...]


_SAFE_WORD = re.compile(r"[A-Za-z0-9_./:=,@+^-]+")
_EXECUTABLE = re.compile(r"[^\x00-\x1f\x7f\"'\\$]+")
_MOST_LETTERS, _MOST_OF_A_NAME = 4095, 255
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def to_unit(sections: tuple[Section, ...], *, header: tuple[str, ...] = ()) -> str:
    """Return the unit file, with `header` as comment lines above it."""
    parts = ["".join(f"# {line}\n" for line in header)] if header else []
    for section in sections:
        lines = "".join(f"{_entry(each)}\n" for each in section.settings)
        parts.append(f"[{section.name}]\n{lines}")
    return "\n".join(parts)


def _entry(entry: Entry) -> str:
    if isinstance(entry, Comment):
        if not entry.text.isprintable() or entry.text.endswith("\\"):
            raise ValueError(f"{entry.text!r} cannot stand in a unit as a comment")
        return f"# {entry.text}"
    key, value = entry
    return f"{key}={_setting(value)}"


def _setting(value: UnitValue) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case str():
            return plain(value)
        case Command():
            return command(value)
        case Assignment():
            return assignment(value)
        case Words():
            return " ".join(_word(each, "%") for each in value.words)


def plain(text: str) -> str:
    """Return text that systemd takes as it stands: only specifiers are escaped."""
    if text != text.strip() or text.endswith("\\") or _CONTROLS.search(text):
        raise ValueError(f"{text!r} cannot stand in a unit as plain text")
    return text.replace("%", "%%")


def is_executable(text: str) -> bool:
    """Return True if systemd can start what is called so: an absolute path, or a name alone.

    It takes a name for a file in one of its own folders, and reads a sign at the front of a line
    (`@`, `-`, `+`, ...) as a prefix. `$` is left out: it stays as it is in the path, and would be
    replaced in what the process sees as its own name.
    """
    _, slash, name = text.rpartition("/")
    if name in ("", ".", "..") or len(text.encode("utf-8", "replace")) > _MOST_LETTERS:
        return False
    if _EXECUTABLE.fullmatch(text) is None:
        return False
    if any(len(each.encode()) > _MOST_OF_A_NAME for each in text.split("/")):
        return False
    return text.startswith("/") if slash else re.match(r"[A-Za-z0-9_.]", text) is not None


def command(value: Command) -> str:
    """Return a command line; one argument a line where it is long."""
    executable, *arguments = value.argv
    if not is_executable(executable):
        raise ValueError(f"{executable!r} cannot be an executable of a unit")
    words = [value.prefix + _word(executable, "$%")]
    words += [_word(argument, "$%") for argument in arguments]
    line = " ".join(words)
    return line if len(line) <= 88 else " \\\n    ".join(_grouped(words))


def assignment(value: Assignment) -> str:
    """Return `NAME=value` as one word. `$` is not special in `Environment=`."""
    if not _NAME.fullmatch(value.name):
        raise ValueError(f"{value.name!r} cannot be the name of an environment variable")
    return _word(f"{value.name}={value.value}", "%")


def _word(text: str, doubled: str) -> str:
    """Return one word in quotes, unless it has nothing that means anything to systemd."""
    if "\0" in text:
        raise ValueError("a NUL cannot stand in a unit")
    if _SAFE_WORD.fullmatch(text):
        return text
    return '"' + "".join(_character(each, doubled) for each in text) + '"'


def _character(each: str, doubled: str) -> str:
    if each in doubled:
        return each * 2
    if each in _ESCAPES:
        return _ESCAPES[each]
    if each < " " or each == "\x7f":
        return f"\\x{ord(each):02x}"
    return each


def _grouped(words: list[str]) -> list[str]:
    """Return the executable, then each flag with what follows it."""
    groups: list[str] = words[:1]
    for word in words[1:]:
        if word.startswith("-") or len(groups) == 1:
            groups.append(word)
        else:
            groups[-1] += f" {word}"
    return groups
