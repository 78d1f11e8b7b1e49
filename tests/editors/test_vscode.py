"""The VS Code extension: its files fit together, and its grammar colours what the language has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llamafleet.language.tables import tables
from llamafleet.language.tokens import Lexer
from tests.editors.textmate import Grammar

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "editors" / "vscode"
GRAMMAR = Grammar(json.loads((FOLDER / "syntaxes" / "fleet.tmLanguage.json").read_text()))
EXAMPLES = sorted((ROOT / "examples").glob("*/*.fleet"))

SCOPES = {
    'include "gpus.fleet"  # a': [
        ("include", "keyword.control.directive"),
        ('"', "string.quoted.double"),
        ("gpus.fleet", "string.quoted.double"),
        ('"', "string.quoted.double"),
        ("#", "punctuation.definition.comment"),
        ("a", "comment.line.number-sign"),
    ],
    'model "qwen/x:7b" {': [
        ("model", "storage.type.block"),
        ('"qwen/x:7b"', "entity.name.type"),
        ("{", "punctuation.section.block"),
    ],
    "    matrix {": [("matrix", "storage.type.block"), ("{", "punctuation.section.block")],
    "    vram = 12.5GiB": [
        ("vram", "variable.other.property"),
        ("=", "keyword.operator.assignment"),
        ("12.5", "constant.numeric.size"),
        ("GiB", "keyword.other.unit"),
    ],
    "ttl = 1h30m": [
        ("ttl", "variable.other.property"),
        ("=", "keyword.operator.assignment"),
        ("1h30m", "constant.numeric.duration"),
    ],
    "a = [on, -1.5, rtx-3060]": [
        ("a", "variable.other.property"),
        ("=", "keyword.operator.assignment"),
        ("[", "punctuation.section.brackets"),
        ("on", "constant.language"),
        (",", "punctuation.separator"),
        ("-1.5", "constant.numeric"),
        (",", "punctuation.separator"),
        ("rtx-3060", "variable.other.constant"),
        ("]", "punctuation.section.brackets"),
    ],
    "set talk = cs & (x.y | +other) # b": [
        ("set", "keyword.other.set"),
        ("talk", "entity.name.function.set"),
        ("=", "keyword.operator.assignment"),
        ("cs", "variable.other.member"),
        ("&", "keyword.operator.logical"),
        ("(", "punctuation.section.parens"),
        ("x.y", "variable.other.member"),
        ("|", "keyword.operator.logical"),
        ("+other", "variable.other.set"),
        (")", "punctuation.section.parens"),
        ("#", "punctuation.definition.comment"),
        ("b", "comment.line.number-sign"),
    ],
    '"quoted key" = "a\\"b\\qc # d"': [
        ('"quoted key"', "variable.other.property"),
        ("=", "keyword.operator.assignment"),
        ('"', "string.quoted.double"),
        ("a", "string.quoted.double"),
        ('\\"', "constant.character.escape"),
        ("b", "string.quoted.double"),
        ("\\q", "invalid.illegal.escape"),
        ("c # d", "string.quoted.double"),
        ('"', "string.quoted.double"),
    ],
    'x = "not closed\ny = 1': [
        ("x", "variable.other.property"),
        ("=", "keyword.operator.assignment"),
        ('"', "string.quoted.double"),
        ("not closed", "string.quoted.double"),
        ("y", "variable.other.property"),
        ("=", "keyword.operator.assignment"),
        ("1", "constant.numeric"),
    ],
}


@pytest.mark.parametrize("text", SCOPES, ids=range(len(SCOPES)))
def test_scopes(text: str) -> None:
    expected = [(stretch, f"{scope}.fleet") for stretch, scope in SCOPES[text]]
    assert GRAMMAR.scopes(text) == expected


KINDS = {
    "STRING": "string|entity|storage|property|constant.character",
    "NUMBER": "constant.numeric",
    "SIZE": "constant.numeric|unit",
    "DURATION": "constant.numeric",
    "SET_REF": "variable.other.set",
    "EQUAL": "keyword.operator",
    "NAME": "keyword|storage|entity|variable|constant.language",
}


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """The language's own tokens: kind and text."""
    lexer = Lexer(text, tables())
    while (token := lexer.next()).type != "$END":
        if token.type != "_NL":
            yield token.type, token.text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_token_of_the_examples_is_coloured_as_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    stretches = [each for each in GRAMMAR.scopes(text) if "comment" not in each[1]]
    assert "".join(stretch for stretch, _ in stretches).replace(" ", "") == "".join(
        each for _, each in tokens(text)
    ).replace(" ", "")
    place = 0
    for kind, token in tokens(text):
        stretch, scope = stretches[place]
        assert re.search(KINDS.get(kind, "punctuation|operator"), scope), (token, stretch, scope)
        covered = ""
        while len(covered) < len(token.replace(" ", "")):
            covered += stretches[place][0].replace(" ", "")
            place += 1


def patterns(rule: Any) -> Iterator[str]:
    match rule:
        case dict():
            for key, value in rule.items():
                if key in ("match", "begin", "end"):
                    yield value
                else:
                    yield from patterns(value)
        case list():
            for each in rule:
                yield from patterns(each)


def test_the_files_of_the_extension_fit_together() -> None:
    package = json.loads((FOLDER / "package.json").read_text())
    (language,) = package["contributes"]["languages"]
    (grammar,) = package["contributes"]["grammars"]
    assert language["id"] == grammar["language"]
    assert grammar["scopeName"] == GRAMMAR.root["scopeName"]
    assert (FOLDER / grammar["path"]).is_file()
    assert language["extensions"] == [".fleet"]
    configuration = json.loads((FOLDER / language["configuration"]).read_text())
    assert configuration["comments"]["lineComment"] == "#"
    assert re.fullmatch(configuration["wordPattern"], "flash-attn")
    for regex in configuration["indentationRules"].values():
        re.compile(regex)


def test_every_pattern_names_what_the_grammar_has() -> None:
    assert all(re.compile(each) for each in patterns(GRAMMAR.root))
    included = re.findall(r'"include": "#(\w+)"', json.dumps(GRAMMAR.root))
    assert set(included) == set(GRAMMAR.root["repository"])
