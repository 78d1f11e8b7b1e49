"""Diagnostics for programs: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..source import Span
from .model import Diagnostic

VERSION = 1
"""The version of the format, described by schemas/check.schema.json."""


def as_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Render one JSON object a line; lines and columns count from 1, ends are exclusive.

    Letters beyond ASCII are escaped, for no encoding of stdout and no reader of lines to break.
    """
    return "".join(json.dumps(_object(each)) + "\n" for each in diagnostics)


def _object(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "version": VERSION,
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        **_place(diagnostic.primary.span),
        "label": diagnostic.primary.text,
        "hint": diagnostic.hint,
        "refused": diagnostic.refused,
        "related": [{"message": each.text, **_place(each.span)} for each in diagnostic.related],
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.path,
        "line": span.start.line,
        "column": span.start.column,
        "end_line": span.end.line,
        "end_column": span.end.column,
    }
