"""The grammar: free of conflicts, and what the parser runs on was made from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark
from lark.exceptions import LarkError

from llamafleet.language import tables
from llamafleet.language.parser import parse
from llamafleet.source import Source

FILE = Path(tables.GRAMMAR)
GRAMMAR = FILE.read_text(encoding="utf-8")

PIECES = (
    *("fleet 1", "include", "model", "a", "set v", "k = 1", "k = [", "[1, 2]", "none", '"text"'),
    *("=", "{", "}", "]", "[", ",", "(", ")", "&", "|", "+b", "12GiB", "1m30s", "-4", "1.5"),
    *("\n", "\n", "\n", "\r\n", " ", "\t", "# note\n", "a {\n", "}\n", "k = v\n", '"a\\n"'),
    "set v = a & (b | c)\n",
)


@pytest.mark.parametrize("lexer", ["basic", "contextual"])
def test_it_is_lalr_without_conflicts(lexer: str) -> None:
    Lark(GRAMMAR, parser="lalr", lexer=lexer, strict=True)


def test_the_kept_tables_are_current() -> None:
    kept = Path(tables.TABLES).read_text(encoding="utf-8")
    assert kept == tables.as_json(FILE.read_bytes()), "run: python -m llamafleet.language.tables"


def test_tables_of_another_grammar_are_built_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tables.tables()
    monkeypatch.setattr(tables, "TABLES", str(FILE.with_name("no such file")))
    assert tables.tables.__wrapped__() == kept


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join))
def test_the_parser_accepts_what_lark_accepts(text: str) -> None:
    _, found = parse(Source("x.fleet", text))
    try:
        LARK.parse(text + "\n")
    except LarkError:
        assert found.has_errors
    else:
        assert not found.has_errors


LARK = Lark(GRAMMAR, parser="lalr", lexer="basic")


def test_reading_a_file_does_not_import_lark() -> None:
    program = (
        "import sys\n"
        "from llamafleet.language.formatter import format_file\n"
        "from llamafleet.source import Source\n"
        "format_file(Source('x', 'fleet 1\\nmodel a {\\n b = 1\\n}\\n'))\n"
        "unwanted = {'lark', 'yaml', 'pyinfra', 'httpx', 'huggingface_hub'} & set(sys.modules)\n"
        "assert not unwanted, unwanted\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
