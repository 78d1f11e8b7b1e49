"""Renders the canonical form of a file, and verifies it on every run.

The formatter rewrites people's files, so it does not trust itself: its own output is parsed and
compared before anybody sees it. Where one of three things fails to hold, the file stays as it is,
and the failure is reported as the tool's own.

1. The tree is the same, apart from where things stand.
2. Every comment is there, in the same order.
3. Formatting the result changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass

from ..diagnostics.model import Diagnostics
from ..source import Source, Span
from .comments import comments_of
from .layout import lay_out, lay_out_new
from .parser import parse
from .syntax import Comment, Comments, File


@dataclass(frozen=True, slots=True)
class Formatted:
    """The canonical text; the original text where that has errors."""

    text: str
    diagnostics: Diagnostics


class FormatterError(Exception):
    """An internal error: the formatter would have damaged a file."""


def format_file(source: Source) -> Formatted:
    """Format one file; raises FormatterError if that would lose anything."""
    file, diagnostics = parse(source)
    if diagnostics.has_errors:
        return Formatted(source.text, diagnostics)
    text = lay_out(file, source)
    verify(file, Source(source.path, text))
    return Formatted(text, diagnostics)


def print_file(file: File) -> str:
    """Return the canonical text of a tree that was built, not parsed, verified as well."""
    text = lay_out_new(file)
    verify(file, Source(file.path, text))
    return text


def verify(file: File, result: Source) -> None:
    """Check the three invariants of `result`, the new text of `file`; raises FormatterError."""
    again, diagnostics = parse(result)
    if diagnostics.has_errors:
        raise FormatterError(f"{file.path}: the result does not parse")
    if shape(again) != shape(file):
        raise FormatterError(f"{file.path}: the result means something else")
    if comments_of(again) != comments_of(file):
        raise FormatterError(f"{file.path}: the result loses a comment")
    if lay_out(again, result) != result.text:
        raise FormatterError(f"{file.path}: formatting the result changes it again")


def shape(node: object) -> object:
    """Return a tree without spans and comments, which is equal for two layouts of one file."""
    if isinstance(node, tuple) and not isinstance(node, Span):
        return tuple(shape(each) for each in node if not isinstance(each, Comments | Comment))
    if is_dataclass(node):
        inner = (getattr(node, field.name) for field in fields(node))
        return (
            type(node).__name__,
            *(shape(each) for each in inner if not isinstance(each, Span | Comments)),
        )
    return node
