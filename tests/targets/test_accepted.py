"""What check accepts renders; what would render to nothing, or to what systemd refuses, is said."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llamafleet.targets.writers.systemd_unit import Command, Section, is_executable, to_unit
from tests.fuzz.fleets import generated, read, without_errors
from tests.fuzz.values import ODD
from tests.targets.compiling import compiled

SERVER = 'llama-server s {\n    host = bare\n    model = m\n    listen = ":9000"\n}\n'


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_what_is_accepted_is_rendered_and_read_back(random: object) -> None:
    """Fleets from the tables of the language: every key of every block takes part."""
    text = without_errors(generated(random))  # type: ignore[arg-type]
    assert read(text) in ("rendered", "errors")


@pytest.mark.parametrize(
    "said",
    [
        'program = "${X}/l"\n    gguf = g', 'command = ["@x"]', 'command = ["@/usr/bin/server"]',
        'command = ["bin/server"]', 'command = ["/usr/bin/"]', 'command = ["-x"]',
    ],
)  # fmt: skip
def test_what_systemd_cannot_start_is_an_error_at_its_value(said: str) -> None:
    found = compiled(f"model m {{\n    {said}\n}}\n{SERVER}")
    (error,) = [each for each in found.diagnostics if each.severity == "error"]
    assert "systemd cannot start" in error.message
    assert "absolute path" in error.hint


@pytest.mark.parametrize(
    "lines",
    [
        "llama-swap s {\n    host = bare\n    models = []\n}\n",
        SERVER.replace("host = bare", "hosts = []").replace("m\n", "n\n"),
    ],
)
def test_a_service_of_nothing_is_an_error(lines: str) -> None:
    found = compiled(f'model n {{\n    command = ["/bin/n"]\n}}\n{lines}')
    assert found.fleet is None
    assert "missing-key" in {each.code for each in found.diagnostics}


@pytest.mark.parametrize("word", [each for each in ODD if each.strip() and "\0" not in each])
def test_systemd_itself_agrees(word: str, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed: NOTHING was held against it")
    if not is_executable(word):
        return
    folder = tmp_path / "etc/systemd/system"
    folder.mkdir(parents=True)
    command = Section("Service", (("ExecStart", Command((word, "x"))),))
    (folder / "t.service").write_text(to_unit((command,)), encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", f"--root={tmp_path}", "t.service"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert "not executable: No such file" in said, said
    assert "bad unit file" not in said
