"""`llamafleet check`: what it prints where, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from llamafleet.cli.terminal import has_color
from tests.cli.conftest import FLEET, Run

NEVER_FOR_A_CHECK = {
    # Libraries.
    "lark", "yaml", "pyinfra", "httpx", "huggingface_hub", "gevent", "pygls",
    # What of Python itself takes long.
    "asyncio", "ctypes", "dataclasses", "hashlib", "importlib.metadata", "inspect",
    "logging", "pathlib", "shutil", "socket", "subprocess", "unicodedata", "urllib.parse",
    # What other commands are for, and a lock where there is none.
    "llamafleet.capacity", "llamafleet.diagnostics.as_text", "llamafleet.gguf",
    "llamafleet.importers", "llamafleet.language.formatter", "llamafleet.language.recovery",
    "llamafleet.lock.merge", "llamafleet.lsp", "llamafleet.picture", "llamafleet.plan",
    "llamafleet.render",
    "llamafleet.swap_check", "llamafleet.llama_swap.simulate", "llamafleet.llama_swap.fits",
    "llamafleet.llama_swap.load", "llamafleet.targets.swap.plan",
}  # fmt: skip

NEVER_FOR_A_SIZE = {
    "ctypes", "dataclasses", "pathlib", "llamafleet.capacity.memory.engine.network",
    "llamafleet.capacity.memory.architectures",
    "llamafleet.capacity.memory.estimate", "llamafleet.gguf.facts", "llamafleet.gguf.header",
    "llamafleet.lock.merge",
}  # fmt: skip
"""What no check needs of weights of which only the size is known."""


def test_a_fleet_without_problems(run: Run) -> None:
    done = run("check", "fleet.fleet")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "fleet.fleet: ok, 2 hosts, 1 model, 1 service\n"


def test_errors_go_to_stdout_and_their_number_to_stderr(run: Run, folder: Path) -> None:
    (folder / "bad.fleet").write_text("fleet 1\ngpu x {\n  vram =\n  ram = 1\n}\n")
    done = run("check", "bad.fleet", "fleet.fleet")
    assert done.returncode == 1
    assert "error[syntax]" in done.stdout
    assert "--> bad.fleet:3:9" in done.stdout
    ok, summary = done.stderr.splitlines()
    assert ok.startswith("fleet.fleet: ok")
    assert summary.endswith("in 2 files")


def test_warnings_fail_under_strict_alone(run: Run, folder: Path) -> None:
    (folder / "gpus.fleet").write_text("fleet 1\n")
    (folder / "warn.fleet").write_text(
        FLEET.replace("fleet 1\n", 'fleet 1\ninclude "gpus.fleet"\ninclude "gpus.fleet"\n')
    )
    assert run("check", "warn.fleet").returncode == 0
    strict = run("check", "--strict", "warn.fleet")
    assert strict.returncode == 1
    assert strict.stderr == "1 warning in 2 files\n"


def test_json_is_one_object_a_line(run: Run, folder: Path) -> None:
    (folder / "bad.fleet").write_text("fleet 2\nfoo 3\n")
    done = run("check", "--format", "json", "bad.fleet")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["code"] for each in objects] == ["language-version", "unknown-directive"]
    assert objects[0]["severity"] == "error"
    assert (objects[0]["line"], objects[0]["column"], objects[0]["end_column"]) == (1, 7, 8)
    assert objects[0]["file"] == "bad.fleet"
    assert run("check", "--format", "json", "fleet.fleet").stdout == ""


def test_what_two_fleets_share_is_reported_once(run: Run, folder: Path) -> None:
    (folder / "shared.fleet").write_text("fleet 2\n")
    for name in ("a.fleet", "b.fleet"):
        (folder / name).write_text('fleet 1\ninclude "shared.fleet"\n')
    done = run("check", "a.fleet", "b.fleet")
    assert done.stdout.count("language-version") == 1
    assert done.stderr == "1 error in 3 files\n"


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe\0", b"\0" * 4096, b"{" * 2**20, b"\x7fELF\1\2", b"fleet 1\rx", "é".encode()],
    ids=["empty", "utf-16", "zeros", "braces", "binary", "carriage return", "letter"],
)
def test_no_input_prints_a_traceback(run: Run, folder: Path, data: bytes) -> None:
    (folder / "bad.fleet").write_bytes(data)
    done = run("check", "bad.fleet")
    assert done.returncode == 1
    assert "error[" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_stdin_can_be_checked(run: Run, folder: Path) -> None:
    (folder / "gpus.fleet").write_text("fleet 1\n")
    text = FLEET.replace("fleet 1\n", 'fleet 1\ninclude "gpus.fleet"\n')
    done = run("check", "-", input=text)
    assert (done.returncode, done.stderr[:12]) == (0, "<stdin>: ok,")
    assert "--> <stdin>:1:7" in run("check", "-", input="fleet 2\n").stdout


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_and_those_who_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert has_color(Terminal())
    assert not has_color(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not has_color(Terminal())


@pytest.mark.parametrize("path", ["none.fleet", ".", "/dev/zero"])
def test_what_is_no_file_is_a_diagnostic(run: Run, path: str) -> None:
    done = run("check", path)
    assert done.returncode == 1
    assert "error[unreadable-file]" in done.stdout
    assert done.stderr == "1 error in 1 file\n"


@pytest.mark.parametrize(
    "arguments", [[], ["check"], ["chekc", "x"], ["check", "--format", "xml", "x"], ["--no"]]
)
def test_wrong_usage(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: llamafleet" in done.stderr


def test_help_and_version(run: Run) -> None:
    assert "examples:" in run("--help").stdout
    assert run("--version").stdout.startswith("llamafleet ")
    for command in ("check", "fmt", "render", "explain"):
        assert run(command, "--help").returncode == 0


def test_any_terminal_encoding_will_do(run: Run, folder: Path) -> None:
    (folder / "bad.fleet").write_text('fleet 1\ngpu x {\n  vram = "é中" 1\n}\n')
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = run("check", "bad.fleet", env=environment)
    assert done.returncode == 1
    assert "\\xe9" in done.stdout


def test_a_closed_pipe_is_no_failure_of_the_tool(folder: Path) -> None:
    (folder / "bad.fleet").write_text("fleet 1\n" + "x y z\n" * 50)
    script = f"{sys.executable} -m llamafleet check bad.fleet | true"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def imported(folder: Path) -> set[str]:
    """Return the modules that a process has after it has checked `fleet.fleet`."""
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "from llamafleet.cli import main\n"
        "assert main(['check', 'fleet.fleet']) == 0\n"
        "print(*(set(sys.modules) - before))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


def test_check_imports_nothing_that_it_does_not_need(folder: Path) -> None:
    assert not NEVER_FOR_A_CHECK & imported(folder)


def test_the_size_of_weights_needs_no_header_and_no_graph() -> None:
    there = imported(Path(__file__).parents[2] / "examples" / "voice_matrix")
    assert "llamafleet.capacity.memory.by_size" in there
    assert not NEVER_FOR_A_SIZE & there


def test_sarif_is_one_document_also_without_problems(run: Run, folder: Path) -> None:
    (folder / "bad.fleet").write_text("fleet 2\nfoo 3\n")
    done = run("check", "--format", "sarif", "bad.fleet")
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)["runs"]
    assert [each["ruleId"] for each in found["results"]] == [
        "language-version",
        "unknown-directive",
    ]
    assert found["tool"]["driver"]["version"] == run("--version").stdout.split()[1]
    clean = run("check", "--format", "sarif", "fleet.fleet")
    assert clean.returncode == 0
    assert json.loads(clean.stdout)["runs"][0]["results"] == []


def test_github_annotations_are_one_a_line(run: Run, folder: Path) -> None:
    (folder / "bad.fleet").write_text("fleet 2\nfoo 3\n")
    first, second = run("check", "--format", "github", "bad.fleet").stdout.splitlines()
    assert first.startswith("::error file=bad.fleet,line=1,endLine=1,col=7,endColumn=8,title=lang")
    assert second.startswith("::error file=bad.fleet,line=2,")
    assert run("check", "--format", "github", "fleet.fleet").stdout == ""
