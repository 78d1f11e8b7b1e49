"""Documentation is executed: fleet examples compile, commands exist, paths are there."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from llamafleet.cli.arguments import parser
from llamafleet.compiler import compile_file, compile_text
from llamafleet.diagnostics.as_text import as_text
from llamafleet.language.formatter import format_file
from llamafleet.source import Source

ROOT = Path(__file__).parent.parent
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"^```fleet\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fenced() -> Iterator[tuple[str, str]]:
    """Every example; one that does not begin with `fleet 1` goes on where the last one ended."""
    for page in PAGES:
        examples: list[str] = []
        for piece in FENCE.findall(page.read_text(encoding="utf-8")):
            if examples and not piece.startswith("fleet "):
                examples[-1] += f"\n{piece}"
            else:
                examples.append(piece)
        for number, text in enumerate(examples, start=1):
            yield f"{page.name} example {number}", text


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


def test_commands_named_in_documents_exist() -> None:
    commands = {name: each for choices in subparsers() for name, each in choices.items()}
    for page in PAGES:
        for command in commands_in(page.read_text(encoding="utf-8")):
            name = command.split()[1]
            assert name in commands, f"{page.name} names {command}"
            for option in re.findall(r" (--[a-z-]+)", command):
                assert option in commands[name].format_help(), f"{page.name} names {command}"


def commands_in(text: str) -> Iterator[str]:
    """What is written as a command of llamafleet: in a line of its own, or between backticks."""
    for fenced_text in re.findall(r"^```(?:sh|console|yaml)\n(.*?)^```$", text, re.M | re.S):
        yield from re.findall(r"\bllamafleet [a-z]+[^|>#;\n]*", fenced_text)
    yield from re.findall(r"`(llamafleet [a-z]+[^`\n]*)`", text)


def subparsers() -> Iterator[dict[str, argparse.ArgumentParser]]:
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield dict(action.choices)


def test_anchors_named_in_documents_exist() -> None:
    for page in PAGES:
        for link, anchor in re.findall(
            r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8")
        ):
            target = page.parent / link if link else page
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {
                re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in headings
            }
            assert anchor in anchors, f"{page.name} links to {link}#{anchor}"
