"""Diagnostics as SARIF 2.1.0, the format that code scanning and editors read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ..source import Span
from .codes import Code
from .model import Diagnostic, Label

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
PAGE = "docs/diagnostics.md"
"""Where each code has its section, whose anchor is the code."""

ROOT = "%SRCROOT%"
"""What SARIF calls the directory that relative paths begin in: the working directory."""


def as_sarif(
    diagnostics: Iterable[Diagnostic],
    known: Mapping[str, Code],
    version: str = "",
    documentation: str = "",
) -> str:
    """Render one SARIF document with one run.

    `known` has every code by its name; `documentation` is the address of the page that PAGE is.
    """
    found = tuple(diagnostics)
    codes = sorted({each.code for each in found})
    driver: dict[str, Any] = {"name": "llamafleet"}
    if version:
        driver["version"] = version
    driver["rules"] = [_rule(known[code], documentation) for code in codes]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, codes.index(each.code)) for each in found],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2) + "\n"


def _rule(code: Code, documentation: str) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": code.name,
        "shortDescription": {"text": code.meaning},
        "help": {"text": f"{code.meaning} An example is in {PAGE}#{code.name}."},
        "defaultConfiguration": {"level": code.severity.value},
    }
    if documentation:
        rule["helpUri"] = f"{documentation}#{code.name}"
    return rule


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": _message(diagnostic)},
        "locations": [{"physicalLocation": _place(diagnostic.primary.span)}],
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            _related(each, number) for number, each in enumerate(diagnostic.related)
        ]
    if diagnostic.refused:
        result["properties"] = {"refused": True}
    return result


def _message(diagnostic: Diagnostic) -> str:
    label, hint = diagnostic.primary.text, diagnostic.hint
    text = f"{diagnostic.message}: {label}" if label else diagnostic.message
    return f"{text}\nhint: {hint}" if hint else text


def _related(label: Label, number: int) -> dict[str, Any]:
    place: dict[str, Any] = {"id": number, "physicalLocation": _place(label.span)}
    if label.text:
        place["message"] = {"text": label.text}
    return place


def _place(span: Span) -> dict[str, Any]:
    region = {
        "startLine": span.start.line,
        "startColumn": span.start.column,
        "endLine": span.end.line,
        "endColumn": span.end.column,
    }
    return {"artifactLocation": _artifact(span.path), "region": region}


def _artifact(path: str) -> dict[str, str]:
    """Return a path as a URI; any character in it is quoted."""
    pure = PurePath(path)
    # Bytes of a name that are no UTF-8 arrive as surrogates, and leave as the bytes they were.
    uri = quote(pure.as_posix(), safe="/", errors="surrogateescape")
    return {"uri": f"file://{uri}"} if pure.is_absolute() else {"uri": uri, "uriBaseId": ROOT}
