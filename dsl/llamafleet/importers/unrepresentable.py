"""Reports what a built tree holds that no fleet file can express."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..diagnostics.model import Diagnostics
from ..fleet.schema.label import is_name
from ..fleet.schema.value_type import BARE_WORD
from ..language.recovery import DEEPEST
from ..language.syntax import (
    AllOf,
    AnyOf,
    Attribute,
    Block,
    Expression,
    File,
    Items,
    MatrixSet,
    Member,
    Name,
    SetReference,
    Text,
    Value,
)
from ..source import Span

_CHARACTER = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""Control characters, which a fleet file holds nowhere, and halves of pairs, which are no text."""


FREELY_NAMED = frozenset({"model", "variant", "group", "selector", "profile", "peer"})
"""Kinds of blocks whose names are ids of the configuration."""


def report_unrepresentable(file: File, diagnostics: Diagnostics) -> bool:
    """Report each value that the language cannot hold, once; return True if there is any."""
    problems = dict.fromkeys(each for entry in file.entries for each in _of_entry(entry, 1))
    for problem, span in problems:
        hint = "change it in the original, and import again"
        diagnostics.error(
            "not-imported", f"{problem} cannot be written in a fleet file", span, hint=hint
        )
    return bool(problems)


_Problems = Iterator[tuple[str, Span]]


def _of_entry(entry: object, depth: int) -> _Problems:
    match entry:
        case Block(kind, label, entries, header):
            if depth > DEEPEST:
                yield f"a value nested more than {DEEPEST} levels deep", header
                return
            yield from _of_value(kind, 1)
            if label is not None:
                yield from _of_value(label, 1)
                if kind.text in FREELY_NAMED and not is_name(label.text, free=True):
                    yield f'"{_shown(label.text)}" as the name of a {kind.text}', label.span
            for each in entries:
                yield from _of_entry(each, depth + 1)
        case Attribute(key, value):
            yield from _of_value(key, 1)
            yield from _of_value(value, 1)
        case MatrixSet(_, name, expression):
            yield from _of_value(name, 1)
            yield from _of_expression(expression)


def _of_value(value: Value, depth: int) -> _Problems:
    match value:
        case Text(text, span) if found := _CHARACTER.search(text):
            yield f"the character U+{ord(found[0]):04X}", span
        case Name(text, span) if not BARE_WORD.fullmatch(text):
            yield f'"{_shown(text)}" where a word is expected', span
        case Items(values, span):
            if depth > DEEPEST:
                yield f"a value nested more than {DEEPEST} levels deep", span
                return
            for each in values:
                yield from _of_value(each, depth + 1)


def _of_expression(expression: Expression) -> _Problems:
    match expression:
        case AllOf(terms) | AnyOf(terms):
            for each in terms:
                yield from _of_expression(each)
        case Member(text, span) | SetReference(text, span):
            yield from _of_value(Name(text, span), 1)


def _shown(text: str) -> str:
    return _CHARACTER.sub("\ufffd", text)[:60]
