"""Every command with `--format json`, run as a process: its output follows its schema."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from llamafleet.cli.arguments import parser
from llamafleet.compiler import compile_file
from llamafleet.schemas import names, schema
from tests.formats.test_schemas import EXAMPLES, hold
from tests.lab.tiny_gguf import write_tiny_gguf

BAD = "fleet 2\nfoo 3\ngpu x {\n  vram =\n}\nmodel a {}\nmodel a {}\n"
SWAP = """\
models:
  chat:
    cmd: llama-server --port ${PORT} -m /models/chat.gguf -c 4096
  code:
    cmd: llama-server --port ${PORT} -m /models/code.gguf --ctx-sise 4096
"""
VOICE = str(EXAMPLES / "voice_matrix" / "fleet.fleet")
AUTO = str(EXAMPLES / "auto_sets" / "fleet.fleet")
FLEETS = sorted(str(each) for each in EXAMPLES.glob("*/fleet.fleet"))

NOT_A_COMMAND = {"lock"}
"""Schemas of files."""


@dataclass(frozen=True, slots=True)
class Case:
    """A command line that prints JSON; `lines` if it prints an object a line."""

    schema: str
    argv: tuple[str, ...]
    code: int = 0
    lines: bool = False

    def __str__(self) -> str:
        return f"{self.schema} {' '.join(Path(each).name for each in self.argv)}"


def served(fleet: str) -> str:
    """Return a model of a fleet whose weights are locked."""
    found = compile_file(fleet).fleet
    assert found is not None
    return next(
        name
        for service in found.services.values()
        for name in service.models
        if found.models[name].gguf in found.facts
    )


CASES = (
    Case("check", ("check", "bad.fleet"), 1, lines=True),
    Case("check", ("check", "none.fleet"), 1, lines=True),
    Case("check", ("check", "swap.yaml", "--llama-cpp", "b11434"), 1, lines=True),
    Case("check", ("check", "none.yaml"), 1, lines=True),
    *(Case("plan", ("render", each), lines=True) for each in FLEETS),
    Case("simulate", ("simulate", VOICE, "chat-small", "think-big"), lines=True),
    Case("simulate", ("simulate", VOICE, "--all"), lines=True),
    Case("simulate", ("simulate", VOICE, "--sets"), lines=True),
    Case("simulate", ("simulate", "swap.yaml", "chat", "code"), lines=True),
    Case("memory", ("memory", "tiny.gguf", "-c", "4096", "--gpu", "24GiB")),
    Case("memory", ("memory", "tiny.gguf", "--gpu", "24GiB", "--gpu", "8GiB", "-sm", "tensor")),
    Case("memory", ("memory", "tiny.gguf")),
    Case("suggest", ("suggest", served(AUTO), AUTO)),
    Case("explain-memory", ("explain", "memory", served(AUTO), AUTO)),
    Case("explain-memory", ("explain", "memory", "chat-small", VOICE)),
    *(
        Case("explain", ("explain", each))
        for each in ("ctx-size", "model", "port", "health-check-timeout", "unknown-key")
    ),
)

FAILURES = (
    ("render", "bad.fleet"),
    ("render", "none.fleet"),
    ("render", VOICE, "--host", "nobody"),
    ("simulate", "bad.fleet", "a"),
    ("simulate", "none.fleet", "a"),
    ("simulate", VOICE, "nobody"),
    ("memory", "none.gguf"),
    ("memory", "bad.fleet"),
    ("memory", "tiny.gguf", "-c", "many"),
    ("suggest", "chat", "bad.fleet"),
    ("suggest", "chat", "none.fleet"),
    ("suggest", "nobody", AUTO),
    ("explain", "memory", "chat", "bad.fleet"),
    ("explain", "memory", "chat", "none.fleet"),
    ("explain", "memory", "nobody", VOICE),
    ("explain", "frobnicate"),
)
"""Command lines that cannot be answered, except `check`, whose answer is what is wrong."""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`llamafleet ... --format json` as a process, in a folder with the files of the cases."""
    folder = tmp_path_factory.mktemp("outputs")
    (folder / "bad.fleet").write_text(BAD)
    (folder / "swap.yaml").write_text(SWAP)
    write_tiny_gguf(folder / "tiny.gguf", seed=1, name="tiny")

    def llamafleet(*argv: str) -> subprocess.CompletedProcess[str]:
        # llama-server's flags end the command line of `memory`.
        own = [argv[0], "--format", "json", *argv[1:]]
        command = [sys.executable, "-m", "llamafleet", *own]
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=120
        )

    return llamafleet


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_output_follows_its_schema(case: Case, run: Run) -> None:
    done = run(*case.argv)
    assert done.returncode == case.code, done.stderr
    outputs = done.stdout.splitlines() if case.lines else [done.stdout]
    assert outputs
    for text in outputs:
        found = json.loads(text)
        hold(case.schema, found)
        assert f"urn:llamafleet:{case.schema}:{found['version']}" == schema(case.schema)["$id"]
        for wrong in wrongs(found):
            with pytest.raises(jsonschema.ValidationError):
                hold(case.schema, wrong)


def wrongs(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return objects that no reader of this version expects."""
    without = ({key: each for key, each in found.items() if key != gone} for gone in found)
    return [{**found, "version": 2}, {**found, "more": 1}, *without]


@pytest.mark.parametrize("argv", FAILURES, ids=" ".join)
def test_a_failure_prints_no_json_and_its_reason_on_stderr(argv: tuple[str, ...], run: Run) -> None:
    done = run(*argv)
    assert (done.returncode in (1, 2), done.stdout) == (True, ""), done
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert "LLAMAFLEET_DEBUG" not in done.stderr


def test_a_clean_check_prints_nothing(run: Run) -> None:
    done = run("check", VOICE)
    assert (done.returncode, done.stdout) == (0, "")


def test_no_schema_and_no_command_with_json_is_left_out() -> None:
    assert {case.schema for case in CASES} | NOT_A_COMMAND == set(names())
    (commands,) = (
        each for each in parser()._actions if isinstance(each, argparse._SubParsersAction)
    )
    with_json = {
        name
        for name, command in commands.choices.items()
        for action in command._actions
        if "--format" in action.option_strings and "json" in (action.choices or ())
    }
    assert {case.argv[0] for case in CASES} == with_json
    assert {argv[0] for argv in FAILURES} | {"check"} == with_json
