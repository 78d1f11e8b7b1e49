"""nginx configuration: a tree of directives to text, with one quoting function.

nginx has no way to write a `$` that is not a variable, so plain text with one is refused here;
variables that are meant are written as `Variable`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Variable:
    """One of nginx's own variables, by name without the `$`."""

    name: str


Argument: TypeAlias = str | int | Variable


@dataclass(frozen=True, slots=True)
class Directive:
    """`name arguments;`, or `name arguments { block }`; `note` is a comment at the line's end."""

    name: str
    arguments: tuple[Argument, ...] = ()
    block: tuple[Directive, ...] | None = None
    note: str = ""


_BARE = re.compile(r"[A-Za-z0-9_./:=,@*~+^\[\]!?<>|&%()-]+")
_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def to_nginx(tree: tuple[Directive, ...], *, header: tuple[str, ...] = ()) -> str:
    """The file, with `header` as comment lines above it."""
    comments = "".join(f"# {line}\n" for line in header)
    return comments + "\n".join("\n".join(_lines(each, "")) + "\n" for each in tree)


def quote(argument: Argument) -> str:
    """One argument as nginx reads it back."""
    match argument:
        case Variable():
            if not _WORD.fullmatch(argument.name):
                raise ValueError(f"{argument.name!r} is no variable of nginx")
            return f"${argument.name}"
        case int():
            return str(argument)
    if "$" in argument or "\0" in argument:
        raise ValueError(f"nginx has no way to write {argument!r} as plain text")
    if _BARE.fullmatch(argument):
        return argument
    return '"' + "".join(_ESCAPES.get(each, each) for each in argument) + '"'


def _lines(directive: Directive, indent: str) -> list[str]:
    if not _WORD.fullmatch(directive.name):
        raise ValueError(f"{directive.name!r} is no directive of nginx")
    head = indent + " ".join([directive.name, *map(quote, directive.arguments)])
    note = f"  # {directive.note}" if directive.note else ""
    if directive.block is None:
        return [f"{head};{note}"]
    lines = [f"{head} {{{note}"]
    for index, each in enumerate(directive.block):
        if each.block is not None and index:
            lines.append("")
        lines += _lines(each, indent + "    ")
    return [*lines, f"{indent}}}"]
