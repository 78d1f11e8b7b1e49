"""`check` and `simulate` of llama-swap's own configurations, on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llamafleet.cli import main

CONFIG = """\
models:
  a: {cmd: "serve --port ${PORT}", aliases: [first]}
  b: {cmd: "serve --port ${PORT}"}
  c: {cmd: "serve --port ${PORT}"}
matrix:
  evict_costs: {b: 5}
  sets:
    s10: a & b
    s2: a & c
selectors:
  any: {strategy: warm, targets: [c, b]}
"""
OLD = CONFIG.replace("a & b", "x & y").replace("a & c", "x & z").replace("{b: 5}", "{y: 1}")
OLD = OLD.replace("matrix:\n", "matrix:\n  vars: {x: a, y: b, z: c}\n").partition("selectors")[0]


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A configuration's path."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return str(path)


def lines(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """What was printed as JSON lines."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_right_configuration(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", config, "--llama-swap", "v250", "--llama-cpp", "b11434"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "ok, 3 models for llama-swap v250" in err


def test_findings_as_json_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "swap.yml"
    path.write_text("ttl: 5\nmodels:\n  a: {cmd: 'serve'}\n")
    assert main(["check", str(path), "--format", "json"]) == 1
    ignored, refused = lines(capsys)
    assert (ignored["code"], ignored["refused"]) == ("misplaced-key", False)
    assert (ignored["line"], ignored["column"]) == (1, 1)
    assert (refused["code"], refused["refused"], refused["severity"]) == (
        "port-macro", True, "error",
    )  # fmt: skip
    assert refused["hint"]
    assert refused["file"] == str(path)


def test_yaml_is_known_by_its_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "llama-swap.conf"
    path.write_text("# comment\nmodels:\n  a: {cmd: 'serve ${PORT}', ttl: no}\n")
    assert main(["check", str(path), "--format", "json"]) == 1
    assert [each["code"] for each in lines(capsys)] == ["wrong-type"]


def test_flags_are_held_against_the_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "models:\n"
        "  a:\n"
        "    cmd: |\n"
        "      llama-server --port ${PORT} -m a.gguf\n"
        "      --ctx-sice 4096\n"
    )
    assert main(["check", str(path), "--format", "json", "--llama-cpp", "b11434"]) == 1
    (only,) = lines(capsys)
    assert only["code"] == "unknown-flag"
    assert "--ctx-size" in only["hint"]
    assert 3 <= only["line"] <= 5


def test_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.yaml"), "--format", "json"]) == 1
    assert [(each["code"], each["refused"]) for each in lines(capsys)] == [
        ("unreadable-file", True)
    ]


def test_not_utf8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"models:\n  \xe4: {}\n")
    assert main(["check", str(path), "--format", "json"]) == 1
    assert [each["code"] for each in lines(capsys)] == ["not-text"]


def test_no_release(config: str) -> None:
    with pytest.raises(SystemExit) as error:
        main(["check", config, "--llama-swap", "latest"])
    assert error.value.code == 2


def test_simulate(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["simulate", config, "--format", "json", "--running", "b,c", "first", "b", "any"]
    assert main(asked) == 0
    assert lines(capsys) == [
        {"version": 1, "request": "first", "set": "s10", "evict": ["c"], "running": ["a", "b"]},
        {"version": 1, "request": "b", "set": "s10", "evict": [], "running": ["a", "b"]},
        {"version": 1, "request": "any", "set": "s10", "evict": [], "running": ["a", "b"]},
    ]


def test_requests_from_stdin(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("a\nc b\n"))
    assert main(["simulate", config]) == 0
    told = capsys.readouterr().out
    assert "2. c: set s2 allows it beside a" in told
    assert "evicts  c" in told


def test_sets_in_the_order_of_the_release(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", config, "--sets", "--format", "json"]) == 0
    assert lines(capsys) == [
        {"version": 1, "set": "s2", "combinations": [["a", "c"]]},
        {"version": 1, "set": "s10", "combinations": [["a", "b"]]},
    ]
    path = tmp_path / "old.yaml"
    path.write_text(OLD)
    assert main(["simulate", str(path), "--sets", "--format", "json", "--llama-swap", "v242"]) == 0
    assert [each["set"] for each in lines(capsys)] == ["s10", "s2"]
    # A tie goes to the set that is written first, or to the one that is sorted first.
    tie = ["--running", "b,c", "a", "--format", "json", "--llama-swap"]
    assert main(["simulate", str(path), *tie, "v242"]) == 0
    assert [each["evict"] for each in lines(capsys)] == [["c"]]
    assert main(["simulate", str(path), *tie, "v243"]) == 0
    assert [each["evict"] for each in lines(capsys)] == [["b"]]


def test_who_can_stop_whom(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", config, "--all", "--format", "json"]) == 0
    assert lines(capsys) == [
        {"version": 1, "request": "a", "always": [], "sometimes": []},
        {"version": 1, "request": "b", "always": ["c"], "sometimes": []},
        {"version": 1, "request": "c", "always": ["b"], "sometimes": []},
    ]


def test_simulate_names_what_is_unknown(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", config, "frist"]) == 1
    assert 'did you mean "first"?' in capsys.readouterr().err


def test_simulate_refuses_what_does_not_load(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("models: []\n")
    assert main(["simulate", str(path), "a"]) == 1
    assert "does not start" in capsys.readouterr().err


def test_simulate_a_fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "fleet.fleet"
    models = "".join(f'model {each} {{\n  command = ["serve", "${{PORT}}"]\n}}\n' for each in "abc")
    swap = (
        "llama-swap main {\n  host = one\n  models = [a, b, c]\n"
        "  matrix {\n    set voice = a & b\n    set work = a & c\n  }\n}\n"
    )
    path.write_text(f"fleet 1\nhost one {{\n}}\n{models}{swap}")
    assert main(["simulate", str(path), "b", "a", "c", "--format", "json"]) == 0
    assert [(each["set"], each["evict"]) for each in lines(capsys)] == [
        ("voice", []),
        ("voice", []),
        ("work", ["b"]),
    ]
