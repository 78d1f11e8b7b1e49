"""docs/llama-swap.md is a session: each command in it is run, and prints what the page says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "llama-swap.md"
CONFIG = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SESSION = re.compile(r"^```console\n\$ (.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with the configuration of the page."""
    (config,) = CONFIG.findall(PAGE.read_text(encoding="utf-8"))
    (tmp_path / "config.yaml").write_text(config)
    return tmp_path


def output(command: str, folder: Path) -> str:
    """What a command prints on stdout."""
    program, *arguments = shlex.split(command)
    assert program == "llamafleet"
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_the_page_shows_what_is_printed(folder: Path, update_goldens: bool) -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = SESSION.findall(text)
    assert len(shown) >= 3
    printed = [(command, output(command, folder)) for command, _ in shown]
    if update_goldens:
        answers = iter(printed)
        text = SESSION.sub(lambda _: "```console\n$ {}\n{}```".format(*next(answers)), text)
        PAGE.write_text(text, encoding="utf-8")
    else:
        assert printed == shown


def test_what_is_imported_is_checked_without_errors(folder: Path) -> None:
    fleet = output("llamafleet import config.yaml --verify", folder)
    (folder / "fleet.fleet").write_text(fleet)
    assert "error[" not in output("llamafleet check fleet.fleet", folder)
