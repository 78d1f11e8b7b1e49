"""SARIF: every document is valid, and says what the diagnostics say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from llamafleet.diagnostics.as_sarif import as_sarif
from llamafleet.diagnostics.model import Diagnostic, Label, Severity
from llamafleet.rules.codes import CODES
from llamafleet.source import Position, Span
from tests.formats.findings import documented, findings

SCHEMA = Path(__file__).with_name("sarif.schema.json")
DIAGNOSTICS_PAGE = Path(__file__).parents[2] / "docs" / "diagnostics.md"
VALIDATOR = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def run_of(*diagnostics: Diagnostic, documentation: str = "") -> dict[str, Any]:
    """The one run of a document that is valid."""
    text = as_sarif(diagnostics, CODES, "0.1.0", documentation)
    assert text.isascii()  # whatever the encoding of stdout, it stays JSON
    document = json.loads(text)
    VALIDATOR.validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def one(path: str = "fleet.fleet", **more: Any) -> Diagnostic:
    span = Span(path, Position(3, 5), Position(3, 9))
    return Diagnostic("unknown-key", Severity.ERROR, "gpu has no such key", Label(span), **more)


def test_schema_itself_is_one() -> None:
    Draft202012Validator.check_schema(VALIDATOR.schema)


def test_schema_refuses_what_sarif_does() -> None:
    document = json.loads(as_sarif([one()], CODES))
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(ValidationError):
        VALIDATOR.validate(document)


def test_no_findings_are_a_document_without_results() -> None:
    run = run_of()
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []


def test_every_documented_case_is_valid_and_complete() -> None:
    run = run_of(*documented())
    assert len(run["results"]) == len(documented())
    rules = run["tool"]["driver"]["rules"]
    assert {each["id"] for each in rules} == {each.code for each in documented()}
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_every_code_is_a_rule() -> None:
    rules = run_of(*(replace(one(), code=each) for each in CODES))["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == sorted(CODES)


def test_help_names_a_section_that_exists() -> None:
    page = DIAGNOSTICS_PAGE.read_text(encoding="utf-8")
    address = "https://example.org/docs/diagnostics.md"
    for rule in run_of(*documented(), documentation=address)["tool"]["driver"]["rules"]:
        assert f"\n## {rule['id']}\n" in page
        assert rule["helpUri"] == f"{address}#{rule['id']}"
        assert f"docs/diagnostics.md#{rule['id']}" in rule["help"]["text"]


def test_places_hints_and_labels_are_told() -> None:
    other = Span("gpus.fleet", Position(1, 1), Position(2, 4))
    (result,) = run_of(one(related=(Label(other, "first here"),), hint="remove it"))["results"]
    assert result["message"]["text"] == "gpu has no such key\nhint: remove it"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "fleet.fleet", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9}
    (related,) = result["relatedLocations"]
    assert related["message"]["text"] == "first here"
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "gpus.fleet"


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/c#d.fleet", "a%20b/c%23d.fleet"),
        ("http://x", "http%3A/x"),
        ("/etc/f.fleet", "file:///etc/f.fleet"),
        ("../x.fleet", "../x.fleet"),
        ("<stdin>", "%3Cstdin%3E"),
        ("caf\udce9.fleet", "caf%E9.fleet"),
    ],
)
def test_a_path_is_a_uri(path: str, uri: str) -> None:
    (result,) = run_of(one(path))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@settings(max_examples=60, deadline=None)
@given(st.lists(findings, max_size=4))
def test_any_text_comes_back_as_it_was(diagnostics: list[Diagnostic]) -> None:
    results = run_of(*diagnostics)["results"]
    assert len(results) == len(diagnostics)
    for result, diagnostic in zip(results, diagnostics, strict=True):
        assert result["message"]["text"].startswith(diagnostic.message)
        assert result.get("properties", {}).get("refused", False) is diagnostic.refused
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        path = diagnostic.primary.span.path
        assert Path(unquote(urlsplit(uri).path)) == Path(path)
