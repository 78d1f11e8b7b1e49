"""Numbers and names that no file should hold: named as not imported, and never a fault of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamafleet.cli import main
from llamafleet.importers.nodes import whole_seconds

SERVER = "ExecStart=/usr/bin/llama-server -m /m/a.gguf --port 8080\n"
ENDLESS = "9" * 5000


@pytest.mark.parametrize("span", ["3" * 41, ENDLESS, f"{ENDLESS}h", "1e9", "²", "99999999999 min"])
def test_a_time_span_of_no_use_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], span: str
) -> None:
    unit = tmp_path / "x.service"
    unit.write_text(f"[Service]\nUser=llama\n{SERVER}RestartSec={span}\n")
    assert main(["import", str(unit)]) == 0
    assert f"RestartSec={span[:40]}" in capsys.readouterr().err


@pytest.mark.parametrize("span", ["1" * 41, ENDLESS, "²", "-1", "10s"])
def test_a_stop_timeout_of_no_use_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], span: str
) -> None:
    ini = tmp_path / "models.ini"
    ini.write_text(f"[a]\nmodel = /m/a.gguf\nstop-timeout = {span}\n")
    assert main(["import", str(ini)]) == 0
    assert f"stop-timeout = {span[:40]}" in capsys.readouterr().err


def test_seconds_are_ascii_digits() -> None:
    assert [whole_seconds(each) for each in ("0", "90", "9" * 9)] == [0, 90, 999_999_999]
    assert [whole_seconds(each) for each in ("", "9" * 10, "٣", "1.5", " 1")] == [None] * 5


def test_a_member_that_holds_a_line_end_is_shown_on_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "models:\n  a:\n    cmd: llama-server --port ${PORT} -m /m/a.gguf\n"
        'groups:\n  g:\n    members: ["a", "x\\ny"]\n'
    )
    main(["import", str(config)])
    assert 'member "x\\ny" of group "g"' in capsys.readouterr().err


def test_a_comment_that_ends_in_what_cannot_be_written_keeps_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unit = tmp_path / "x.service"
    unit.write_text(f"[Service]\nUser=llama\n# Keep this: \x7f\n{SERVER}")
    assert main(["import", str(unit)]) == 0
    assert "# Keep this:\n" in capsys.readouterr().out
