"""`llamafleet import`: where things go, and exit codes."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from llamafleet.cli import main
from llamafleet.compiler import compile_file

CASES = Path(__file__).parent / "cases"
YAML = "models:\n  a:\n    cmd: llama-server --port ${PORT} -m /m/a.gguf\n"


def test_the_fleet_file_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(CASES / "groups.yaml"), "--host", "box"]) == 0
    out, err = capsys.readouterr()
    assert out == (CASES / "groups.fleet").read_text()
    assert err == ""


def test_or_into_a_file_that_compiles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = tmp_path / "fleet.fleet"
    assert main(["import", str(CASES / "groups.yaml"), "-o", str(fleet), "--verify"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "verified: the fleet file renders to the same meaning" in err
    assert compile_file(str(fleet)).fleet is not None


def test_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(YAML.encode())))
    assert main(["import", "-", "--verify"]) == 0
    assert "model a {" in capsys.readouterr().out


def test_a_command_in_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "llama-server -m /m/a.gguf -c 4096", "--verify"]) == 0
    assert "ctx-size = 4096" in capsys.readouterr().out


def test_an_older_release(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(YAML)
    assert main(["import", str(tmp_path / "c.yaml"), "--llama-swap", "v210", "--verify"]) == 0
    assert 'version        = "v210"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "arguments", "code", "said"),
    [
        ("nothing to see", [], 2, "cannot detect the format"),
        ("models: [", [], 1, "error["),
        ("models:\n  a: {cmd: x}\n", [], 1, "error["),
        (YAML, ["--llama-swap", "latest"], 2, "is not a release of llama-swap"),
        (YAML, ["--from", "command"], 1, "there is no llama-server command here"),
        ("[Service]\nUser=x\n", [], 1, "it starts nothing"),
    ],
)
def test_what_cannot_be_imported(
    text: str,
    arguments: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").write_text(text)
    assert main(["import", str(tmp_path / "file"), *arguments]) == code
    assert said in capsys.readouterr().err


def test_a_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "missing.yaml"]) == 1
    assert 'cannot read "missing.yaml"' in capsys.readouterr().err
