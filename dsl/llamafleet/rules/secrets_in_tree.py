"""Finds secrets in every value of every block of a fleet file, and in its comments."""

from __future__ import annotations

from collections.abc import Iterator

from ..dataclasses import dataclass
from ..language.syntax import (
    Attribute,
    Block,
    Comment,
    Comments,
    Duration,
    File,
    Items,
    Name,
    Number,
    Size,
    Text,
    Value,
)
from ..secrets.find import in_assignment, in_value, in_words
from ..secrets.shapes import by_shape
from ..source import Span

COMMANDS = frozenset({"command", "stop-command", "extra-args", "cmake"})
"""Keys whose lists are words of a command line."""
ASSIGNMENTS = frozenset({"env"})


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """A place with a secret: its span, its `key`, and the block that holds it."""

    span: Span
    key: str
    kind: str
    label: str


def find_secrets(file: File) -> Iterator[SecretPlace]:
    """Yield each value that holds a secret, once, and each comment that does."""
    for entry in file.entries:
        yield from _in_comments(entry.comments)
        if isinstance(entry, Block):
            yield from _in_block(entry, entry)
    yield from _commented(file.closing)


def _in_block(block: Block, top: Block) -> Iterator[SecretPlace]:
    label = top.label.text if top.label else ""
    for entry in block.entries:
        yield from _in_comments(entry.comments)
        if isinstance(entry, Block):
            yield from _in_block(entry, top)
        elif isinstance(entry, Attribute):
            key = entry.key.text
            for span in dict.fromkeys(_in_value(key, entry.value)):
                yield SecretPlace(span, key, top.kind.text, label)


def _in_value(key: str, value: Value) -> Iterator[Span]:
    match value:
        case Items(values) if key in COMMANDS:
            yield from _in_command(values)
        case Items(values):
            for each in values:
                yield from _in_value(key, each)
        case Text(text, span) if key in ASSIGNMENTS:
            if in_assignment(text):
                yield span
        case Text(text, span) | Name(text, span) | Number(text, span):
            if in_value(key, text):
                yield span
        case Size() | Duration():
            return


def _in_command(values: tuple[Value, ...]) -> Iterator[Span]:
    words = [each for each in values if isinstance(each, Text | Name | Number)]
    for at, _ in in_words([each.text for each in words]):
        yield words[at].span


def _in_comments(comments: Comments) -> Iterator[SecretPlace]:
    last = (each for each in (comments.after, comments.end) if each is not None)
    yield from _commented((*comments.before, *last, *comments.closing))


def _commented(comments: tuple[Comment, ...]) -> Iterator[SecretPlace]:
    """Yield comments that contain a secret by its form alone: people write about keys in them."""
    for each in comments:
        if any(True for _ in by_shape(each.text)):
            yield SecretPlace(each.span, "a comment", "", "")
