"""Documentation is executed: fleet examples compile, commands exist, paths are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from llamafleet.compiler import compile_file, compile_text
from llamafleet.diagnostics.as_text import as_text
from llamafleet.language.formatter import format_file
from llamafleet.language.source import Source

ROOT = Path(__file__).parent.parent
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"^```fleet\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fenced() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for number, match in enumerate(FENCE.finditer(page.read_text(encoding="utf-8")), start=1):
            yield f"{page.name} example {number}", match.group(1)


@pytest.mark.parametrize(("where", "text"), [pytest.param(*each, id=each[0]) for each in fenced()])
def test_examples_in_documents_compile_and_are_canonical(where: str, text: str) -> None:
    compiled = compile_text(text, where)
    assert not compiled.diagnostics, as_text(compiled.diagnostics, compiled.sources)
    assert format_file(Source(where, text)).text == text


@pytest.mark.parametrize(
    "fleet", sorted(ROOT.glob("*/*/fleet.fleet")), ids=lambda path: path.parent.name
)
def test_example_fleets_have_nothing_to_report(fleet: Path) -> None:
    compiled = compile_file(str(fleet))
    assert not compiled.diagnostics, as_text(compiled.diagnostics, compiled.sources)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_paths_named_in_documents_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (page.parent / link).exists(), f"{page.name} links to {link}"
    for path in re.findall(
        r"`((?:dsl|roles|deploys|inventories|tests|tools|examples)/[\w/.]+)`", text
    ):
        places = (ROOT / path, ROOT / "dsl" / "llamafleet" / path)
        assert any(place.exists() for place in places), f"{page.name} names {path}"


def test_make_targets_named_in_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"\bmake ([a-z-]+)", page.read_text(encoding="utf-8")))
        assert named <= targets, f"{page.name} names {named - targets}"
