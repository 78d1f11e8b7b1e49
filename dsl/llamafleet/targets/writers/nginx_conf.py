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


@dataclass(frozen=True, slots=True)
class Joined:
    """One argument made of plain text and variables: `http://group$uri`."""

    parts: tuple[str | Variable, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """The argument of an `if`: whether a variable is a text, or matches a regular expression."""

    text: Variable
    operator: str
    pattern: str


Argument: TypeAlias = str | int | Variable | Joined | Condition


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a `map`: what its text may match, and what the variable then is."""

    pattern: str
    value: Argument


@dataclass(frozen=True, slots=True)
class Directive:
    """`name arguments;`, or `name arguments { block }`; `note` is a comment at the line's end."""

    name: str
    arguments: tuple[Argument, ...] = ()
    block: tuple[Directive | Row, ...] | None = None
    note: str = ""


OPERATORS = ("=", "~", "~*", "!~", "!~*")
_BARE = re.compile(r"[A-Za-z0-9_./:=,@*~+^\[\]!?<>|&%()-]+")
_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_CONTINUES = re.compile(r"[A-Za-z0-9_]")
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def to_nginx(tree: tuple[Directive, ...], *, header: tuple[str, ...] = ()) -> str:
    """Return the file, with `header` as comment lines above it."""
    comments = "".join(f"# {line}\n" for line in header)
    return comments + "\n".join("\n".join(_lines(each, "")) + "\n" for each in tree)


def quote(argument: Argument) -> str:
    """Return one argument as nginx reads it back."""
    match argument:
        case Variable():
            return _variable(argument)
        case Joined():
            return _joined(argument)
        case Condition(text, operator, pattern):
            if operator not in OPERATORS:
                raise ValueError(f"{operator!r} is no comparison of nginx")
            return f"({_variable(text)} {operator} {_quoted(pattern)})"
        case int():
            return str(argument)
    return argument if _BARE.fullmatch(argument) else _quoted(argument)


def _joined(argument: Joined) -> str:
    found = []
    for part, after in zip(argument.parts, (*argument.parts, "")[1:], strict=True):
        if isinstance(part, Variable):
            found.append(_variable(part, before=after))
        else:
            found.append(_escaped(part, '"'))
    bare = all(isinstance(part, Variable) or _BARE.fullmatch(part) for part in argument.parts)
    text = "".join(found)
    return text if bare and text else f'"{text}"'


def _quoted(text: str) -> str:
    """Return text in quotes, in single ones where double ones would have to be escaped."""
    mark = "'" if '"' in text and "'" not in text else '"'
    return f"{mark}{_escaped(text, mark)}{mark}"


def _escaped(text: str, mark: str) -> str:
    """Return text as it stands between quotes."""
    if "$" in text or "\0" in text:
        raise ValueError(f"nginx has no way to write {text!r} as plain text")
    return "".join(f"\\{each}" if each == mark else _ESCAPES.get(each, each) for each in text)


def _variable(variable: Variable, *, before: str | Variable = "") -> str:
    """Return a variable, in braces where its name would run into the text that follows."""
    if not _WORD.fullmatch(variable.name):
        raise ValueError(f"{variable.name!r} is no variable of nginx")
    runs_on = isinstance(before, str) and _CONTINUES.match(before)
    return f"${{{variable.name}}}" if runs_on else f"${variable.name}"


def _lines(directive: Directive | Row, indent: str) -> list[str]:
    if isinstance(directive, Row):
        return [f"{indent}{_quoted(directive.pattern)} {quote(directive.value)};"]
    if not _WORD.fullmatch(directive.name):
        raise ValueError(f"{directive.name!r} is no directive of nginx")
    head = indent + " ".join([directive.name, *map(quote, directive.arguments)])
    note = f"  # {directive.note}" if directive.note else ""
    if directive.block is None:
        return [f"{head};{note}"]
    lines = [f"{head} {{{note}"]
    for index, each in enumerate(directive.block):
        if isinstance(each, Directive) and each.block is not None and index:
            lines.append("")
        lines += _lines(each, indent + "    ")
    return [*lines, f"{indent}}}"]
