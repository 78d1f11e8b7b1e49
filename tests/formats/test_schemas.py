"""The JSON Schemas in the package are strict, documented, and printed by `llamafleet schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from llamafleet.cli import main
from llamafleet.diagnostics.as_json import as_json
from llamafleet.fleet.model import GgufFile
from llamafleet.lock.measured import Buffers, Measured
from llamafleet.lock.measurement_key import MeasurementKey
from llamafleet.lock.model import Lock, LockedBuild, LockedGguf
from llamafleet.lock.text import write_lock
from llamafleet.schemas import names, schema, schema_text
from tests.formats.findings import documented
from tests.lock.measurements import with_measured

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
FLAGS = ROOT / "dsl" / "llamafleet" / "fleet" / "schema" / "flags"
NAMES = names()
VERSION_KEY = {"lock": "lock"}
"""The key that states the version, where it is not `version`."""


def hold(name: str, value: object) -> None:
    """Validate a value by a schema; raises jsonschema.ValidationError."""
    jsonschema.Draft202012Validator(schema(name)).validate(value)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_strict_schema_with_a_version(name: str) -> None:
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    urn, _, version = found["$id"].rpartition(":")
    assert urn == f"urn:llamafleet:{name}"
    for variant in found.get("oneOf", [found]):
        key = VERSION_KEY.get(name, "version")
        assert variant["properties"][key]["const"] == int(version)
        assert key in variant["required"]
    assert not list(_open(found))


def _open(node: object) -> Any:
    """Yield every object that may hold more than the schema names."""
    if isinstance(node, dict):
        if node.get("type") == "object" and "additionalProperties" not in node:
            yield node
        for each in node.values():
            yield from _open(each)
    elif isinstance(node, list):
        for each in node:
            yield from _open(each)


def test_the_page_lists_every_schema() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert sorted(rows) == list(NAMES)


def test_the_command_lists_all_schemas(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(NAMES)
    for line, name in zip(lines, NAMES, strict=True):
        assert line.split()[1] == schema(name)["$id"].rpartition(":")[2]
        assert line.endswith(schema(name)["title"])


@pytest.mark.parametrize("name", NAMES)
def test_the_command_prints_a_schema(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", name]) == 0
    out = capsys.readouterr().out
    assert out == schema_text(name)
    assert json.loads(out) == schema(name)


def test_the_command_suggests_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "chekc"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", 'llamafleet: no schema is named "chekc", did you mean "check"?\n')
    assert main(["schema", "../check"]) == 2


def test_every_documented_diagnostic_follows_the_schema() -> None:
    lines = as_json(documented()).splitlines()
    assert len(lines) > 3
    for line in lines:
        hold("check", json.loads(line))


def test_locks() -> None:
    text = (EXAMPLES / "auto_sets" / "fleet.lock").read_text(encoding="utf-8")
    hold("lock", json.loads(text))
    table = json.loads((FLAGS / "b11434.json").read_text(encoding="utf-8"))
    measured = Measured(
        MeasurementKey("1f", "b11434", "sha256 2e"), "2026-01-01", {"CUDA0": Buffers(1.5)}, {0: 2.0}
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
