"""GitHub's workflow commands: one line each, and nothing in a text can end or forge one."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.diagnostics.as_github import as_github
from llamafleet.diagnostics.as_text import printable
from llamafleet.diagnostics.model import Diagnostic, Label, Severity
from llamafleet.source import Position, Span
from tests.formats.findings import documented, findings

COMMAND = re.compile(r"::(error|warning) ([^:]*)::(.*)")
ESCAPES = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}


def read(line: str) -> tuple[str, dict[str, str], str]:
    """A command as the runner reads it: kind, properties, message."""
    found = COMMAND.fullmatch(line)
    assert found is not None, line
    kind, properties, message = found.groups()
    pairs = (each.partition("=") for each in properties.split(","))
    return kind, {name: unescaped(value) for name, _, value in pairs}, unescaped(message)


def unescaped(text: str) -> str:
    return re.sub("%(25|0D|0A|3A|2C)", lambda found: ESCAPES[found[0]], text)


def test_an_annotation() -> None:
    span = Span("a,b:c.fleet", Position(3, 5), Position(3, 9))
    first = Label(Span("gpus.fleet", Position(1, 1), Position(1, 4)), "first here")
    finding = Diagnostic(
        "duplicate-name",
        Severity.ERROR,
        "100% twice",
        Label(span, "again"),
        (first,),
        "rename it",
        True,
    )
    assert as_github([finding]) == (
        "::error file=a%2Cb%3Ac.fleet,line=3,endLine=3,col=5,endColumn=9,title=duplicate-name::"
        "100%25 twice: again%0Afirst here: gpus.fleet:1:1%0A"
        "llama-swap would not start with it%0Ahint: rename it\n"
    )


def test_several_lines_have_no_columns() -> None:
    span = Span("x.fleet", Position(3, 5), Position(4, 2))
    line = as_github([Diagnostic("syntax", Severity.WARNING, "m", Label(span))])
    assert line == "::warning file=x.fleet,line=3,endLine=4,title=syntax::m\n"


def test_every_documented_case_is_a_line() -> None:
    lines = as_github(documented()).splitlines()
    assert len(lines) == len(documented())
    for line, diagnostic in zip(lines, documented(), strict=True):
        kind, properties, message = read(line)
        assert (kind, properties["title"]) == (diagnostic.severity.value, diagnostic.code)
        assert message.startswith(diagnostic.message)


@settings(max_examples=60, deadline=None)
@given(st.lists(findings, max_size=4))
def test_any_text_comes_back_and_stays_in_its_place(diagnostics: list[Diagnostic]) -> None:
    lines = as_github(diagnostics).split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(diagnostics)
    for line, diagnostic in zip(lines, diagnostics, strict=True):
        assert "\r" not in line
        kind, properties, message = read(line)
        assert kind == diagnostic.severity.value
        assert properties["file"] == diagnostic.primary.span.path
        assert properties["line"] == str(diagnostic.primary.span.start.line)
        assert properties["title"] == diagnostic.code
        assert message.startswith(printable(diagnostic.message))
