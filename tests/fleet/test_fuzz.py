"""Whatever is in a fleet file: diagnostics, never a traceback, and it ends."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from llamafleet.compiler import Compiled, compile_file, compile_text
from llamafleet.diagnostics.as_json import as_json
from llamafleet.diagnostics.as_text import as_text
from llamafleet.explain import schemas
from llamafleet.rules.codes import CODES

CASES = sorted((Path(__file__).parent.parent / "diagnostics").glob("*.fleettest"))
FLEETS = [path.read_text(encoding="utf-8").partition("-" * 10)[0] for path in CASES]

WORDS = sorted({key.name for schema in schemas() for key in schema.keys[:40]})
KINDS = [schema.kind for schema in schemas()]
VALUES = [
    "on",
    "none",
    "7",
    "-1",
    "1.5",
    "4KiB",
    "30s",
    '"a"',
    '"${PORT}"',
    "[a, 1]",
    "[]",
    "a",
    "b",
]


def sound(compiled: Compiled) -> None:
    """Diagnostics are printable and listed; a fleet comes out where none is an error."""
    errors = [each for each in compiled.diagnostics if each.severity == "error"]
    assert (compiled.fleet is None) == bool(errors)
    assert {each.code for each in compiled.diagnostics} <= set(CODES)
    for each in compiled.diagnostics:
        assert each.message
        assert not each.message.endswith(".")
        assert "\n" not in each.message
        for label in (each.primary, *each.related):
            source = compiled.sources.get(label.span.path)
            assert label.span.start <= label.span.end
            assert source is None or label.span.start.line <= len(source.lines) + 1
    as_text(compiled.diagnostics, compiled.sources).encode()
    for line in as_json(compiled.diagnostics).splitlines():
        json.loads(line)


@given(st.binary(max_size=200))
@example(b"\x7fELF\x02\x01\x01\x00")
@example(b"\xff\xfef\x00l\x00")
@example(b"{" * 100_000)
@example(b"fleet 1\nmodel x {\n" + b"set a = " + b"(" * 20_000)
@settings(max_examples=150, deadline=None)
def test_any_bytes(data: bytes) -> None:
    """Binary, braces, nothing at all."""

    def read(path: str) -> bytes:
        if path != "t.fleet":
            raise FileNotFoundError(path)
        return data

    sound(compile_file("t.fleet", read))


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text(text: str) -> None:
    """Whatever unicode has."""
    sound(compile_text(text, "t.fleet"))


@st.composite
def soups(draw: st.DrawFn) -> str:
    """Blocks of known kinds with known keys and wild values."""
    names = st.sampled_from(["a", "b", "c"])
    lines = ["fleet 1"]
    for _ in range(draw(st.integers(1, 6))):
        lines.append(f"{draw(st.sampled_from(KINDS))} {draw(names)} {{")
        for _ in range(draw(st.integers(0, 5))):
            lines.append(f"    {draw(st.sampled_from(WORDS))} = {draw(st.sampled_from(VALUES))}")
        if draw(st.booleans()):
            lines.append(f"    set {draw(names)} = a & (+{draw(names)} | {draw(names)})")
        if draw(st.booleans()):
            lines += ["    matrix {", f"        {draw(names)} = a", "    }"]
        lines.append("}")
    return "\n".join(lines) + "\n"


@given(soups())
@settings(max_examples=200, deadline=None)
def test_any_blocks(text: str) -> None:
    """Well-formed nonsense."""
    sound(compile_text(text, "t.fleet"))


@given(st.sampled_from(FLEETS), st.data())
@settings(max_examples=250, deadline=None)
def test_mutated_fleets(text: str, data: st.DataObject) -> None:
    """Real fleets with a line gone, doubled, moved, or a word exchanged."""
    lines = text.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, max(len(lines) - 1, 0)))
        match data.draw(st.sampled_from(["drop", "double", "move", "word", "cut"])):
            case "drop":
                del lines[index : index + 1]
            case "double":
                lines[index:index] = lines[index : index + 1]
            case "move":
                lines = lines[index:] + lines[:index]
            case "word" if lines:
                old = lines[index].split()
                new = data.draw(st.sampled_from(WORDS + KINDS + VALUES))
                lines[index] = lines[index].replace(old[-1], new) if old else new
            case "cut" if lines:
                lines[index] = lines[index][: data.draw(st.integers(0, 30))]
    sound(compile_text("\n".join(lines), "t.fleet"))
