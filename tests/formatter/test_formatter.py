"""The formatter: pairs of files, its promises on random layouts, and what it does when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from llamafleet.language import formatter, layout
from llamafleet.language.comments import comments_of
from llamafleet.language.formatter import FormatterError, format_file, shape
from llamafleet.language.parser import parse
from llamafleet.source import Source
from tests.formatter.layouts import files

HERE = Path(__file__).parent
CASES = sorted(path.name.removesuffix(".in.fleet") for path in HERE.glob("*.in.fleet"))


def formatted(text: str) -> str:
    result = format_file(Source("f.fleet", text))
    assert not result.diagnostics.has_errors
    return result.text


@pytest.mark.parametrize("case", CASES)
def test_pairs(case: str) -> None:
    before = (HERE / f"{case}.in.fleet").read_bytes().decode("utf-8-sig")
    after = (HERE / f"{case}.out.fleet").read_bytes().decode()
    assert formatted(before) == after
    assert formatted(after) == after


def test_a_canonical_file_stays_as_it_is() -> None:
    text = (HERE / "canonical.fleet").read_text()
    assert formatted(text) == text


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_any_layout_keeps_its_tree_and_comments_and_is_stable(text: str) -> None:
    file, found = parse(Source("f.fleet", text))
    assert not found.has_errors, text
    result = formatted(text)
    again, _ = parse(Source("f.fleet", result))
    assert shape(again) == shape(file)
    assert comments_of(again) == comments_of(file)
    assert sorted(comments_of(file)) == sorted(written_comments(file.path, text))
    assert formatted(result) == result
    lines = result.split("\n")
    assert all(line == line.rstrip() for line in lines)
    assert ["", ""] not in [lines[i : i + 2] for i in range(len(lines) - 2)]


def written_comments(path: str, text: str) -> list[str]:
    """Every comment of a text, found without the parser: a `#` outside of quotes."""
    found = []
    for line in text.split("\n"):
        quoted = escaped = False
        for column, letter in enumerate(line):
            if escaped:
                escaped = False
            elif quoted and letter == "\\":
                escaped = True
            elif letter == '"':
                quoted = not quoted
            elif letter == "#" and not quoted:
                found.append(line[column:].rstrip())
                break
    return found


def test_a_file_with_errors_is_left_as_it_is() -> None:
    text = "fleet 1\nmodel a {\n  k =\n}\n"
    result = format_file(Source("f.fleet", text))
    assert result.text == text
    assert result.diagnostics.has_errors


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text.replace("# note", ""), "loses a comment"),
        (lambda text: text.replace("= 1", "= 2"), "means something else"),
        (lambda text: text.replace("}", ""), "does not parse"),
        (lambda text: text.replace("k = 1", "k  = 1"), "changes it again"),
    ],
)
def test_damage_is_noticed(damage: object, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(damage)
    calls: list[str] = []

    def broken(*args: object) -> str:
        text: str = layout.lay_out(*args)  # type: ignore[arg-type]
        calls.append(text)
        return str(damage(text)) if len(calls) == 1 else text

    monkeypatch.setattr(formatter, "lay_out", broken)
    with pytest.raises(FormatterError, match=words):
        format_file(Source("f.fleet", "fleet 1\n\na b {\n    k = 1  # note\n}\n"))
