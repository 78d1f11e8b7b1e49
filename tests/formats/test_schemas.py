"""What is printed as JSON is as the schemas in the package say, and nothing else is."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from llamafleet.cli import main
from llamafleet.diagnostics.as_json import as_json
from llamafleet.fleet.model import GgufFile
from llamafleet.lock.measured import Buffers, Measured, with_measured
from llamafleet.lock.measured_for import MeasuredFor
from llamafleet.lock.model import Lock, LockedBuild, LockedGguf
from llamafleet.lock.text import write_lock
from tests.formats.findings import documented

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
FOLDER = files("llamafleet") / "schemas"
NAMES = sorted(each.name.removesuffix(".schema.json") for each in FOLDER.iterdir())
FLAGS = files("llamafleet") / "fleet" / "schema" / "flags"
VOICE = str(EXAMPLES / "voice_matrix" / "fleet.fleet")
AUTO = str(EXAMPLES / "auto_sets" / "fleet.fleet")


def schema(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))


def hold(name: str, value: object) -> None:
    jsonschema.Draft202012Validator(schema(name)).validate(value)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_schema_with_a_version_that_leaves_nothing_open(name: str) -> None:
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["$id"] == f"urn:llamafleet:{name}:1"
    assert not list(_open(found))
    assert f"`{name}`" in (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def _open(node: object) -> Any:
    """Yield every object that may hold more than is said."""
    if isinstance(node, dict):
        if node.get("type") == "object" and "additionalProperties" not in node:
            yield node
        for each in node.values():
            yield from _open(each)
    elif isinstance(node, list):
        for each in node:
            yield from _open(each)


def test_problems_of_a_check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.fleet"
    bad.write_text("fleet 2\nfoo 3\ngpu x {\n  vram =\n}\nmodel a {}\nmodel a {}\n")
    assert main(["check", "--format", "json", str(bad)]) == 1
    lines = capsys.readouterr().out.splitlines() + as_json(documented()).splitlines()
    assert len(lines) > 3
    for line in lines:
        hold("check", json.loads(line))
    with pytest.raises(jsonschema.ValidationError):
        hold("check", {**json.loads(lines[0]), "more": 1})


@pytest.mark.parametrize("arguments", [["chat-small", "think-big"], ["--all"], ["--sets"]])
def test_lines_of_a_simulation(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", VOICE, *arguments, "--format", "json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    for line in lines:
        hold("simulate", json.loads(line))


@pytest.mark.parametrize(("fleet", "model"), [(VOICE, "chat-small"), (AUTO, "")])
def test_memory_of_a_model(fleet: str, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = model or served(fleet)
    assert main(["explain", "memory", name, fleet, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found
    hold("explain-memory", found)
    for each in found:
        hold("memory", each["computed"])


def test_suggestions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suggest", served(AUTO), AUTO, "--format", "json"]) == 0
    hold("suggest", json.loads(capsys.readouterr().out))


def test_locks() -> None:
    text = (EXAMPLES / "auto_sets" / "fleet.lock").read_text(encoding="utf-8")
    hold("lock", json.loads(text))
    table = json.loads((FLAGS / "b11434.json").read_text(encoding="utf-8"))
    measured = Measured(
        MeasuredFor("1f", "b11434", "sha256 2e"), "2026-01-01", {"CUDA0": Buffers(1.5)}, {0: 2.0}
    )
    gguf = LockedGguf({"hf": "a/b:Q4"}, "ab" * 20, (GgufFile("b.gguf", None, "0f" * 32),))
    lock = Lock(
        fleet="fleet.fleet",
        ggufs={"b": gguf},
        builds={"cuda": LockedBuild({"ref": "b11434"}, "cd" * 20)},
        releases={"v250": {"x86_64": "0f" * 32}},
        measured=with_measured({}, "box", "home", "chat", measured),
        flags={"b11434": tuple(table)},
    )
    found = json.loads(write_lock(lock))
    hold("lock", found)
    wrongs: list[dict[str, Any]] = [{"lock": 2}, {"more": 1}, {"ggufs": {"b": {}}}]
    for wrong in wrongs:
        with pytest.raises(jsonschema.ValidationError):
            hold("lock", {**found, **wrong})


def served(fleet: str) -> str:
    """Return a model of a fleet that a header is known of."""
    from llamafleet.compiler import compile_file

    found = compile_file(fleet).fleet
    assert found is not None
    return next(
        name
        for service in found.services.values()
        for name in service.models
        if found.models[name].gguf in found.facts
    )
