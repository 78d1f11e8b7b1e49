"""Finds llama-server and its arguments in a command that somebody wrote by hand."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from ..fleet.model import Model

SERVER = "llama-server"
SHELLS = frozenset({"bash", "sh", "dash", "zsh"})
OPERATORS = frozenset("();<>|&")


class InvokedServer(NamedTuple):
    """The llama-server that a command starts: its path and its arguments."""

    program: str
    words: tuple[str, ...]


def find_invoked_server(model: Model) -> InvokedServer | None:
    """Return the llama-server in a model's own command; None where it runs something else."""
    if model.program is not None:
        return InvokedServer(model.program, model.extra_args)
    if model.command:
        return _in(model.command)
    command = model.pass_through.get("cmd")
    return _in(_split(command)) if isinstance(command, str) else None


def command_words(model: Model) -> tuple[str, ...]:
    """Return the words of a model's own command; of a shell's script, those in it."""
    if model.command:
        return _script(model.command)
    command = model.pass_through.get("cmd")
    return _script(_split(command)) if isinstance(command, str) else ()


def _script(argv: tuple[str, ...]) -> tuple[str, ...]:
    if not argv or _last(argv[0]) not in SHELLS:
        return argv
    script = next((n + 1 for n, word in enumerate(argv) if _runs_text(word)), len(argv))
    return _split(argv[script], shell=True) if script < len(argv) else ()


def _in(argv: Sequence[str]) -> InvokedServer | None:
    argv = _script(tuple(argv))
    for index, word in enumerate(argv):
        if " " not in word and _last(word) == SERVER:
            rest = argv[index + 1 :]
            ends = (n for n, each in enumerate(rest) if each and OPERATORS.issuperset(each))
            end = next(ends, len(rest))
            return InvokedServer(word, tuple(rest[:end]))
    return None


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _runs_text(word: str) -> bool:
    """Return True if it is the option of a shell that a script follows: `-c`, `-lc`."""
    return word.startswith("-") and not word.startswith("--") and word.endswith("c")


def _split(text: str, *, shell: bool = False) -> tuple[str, ...]:
    reader = shlex.shlex(text, posix=True, punctuation_chars=shell)
    reader.whitespace_split = True
    reader.commenters = ""
    try:
        return tuple(reader)
    except ValueError:
        return ()
