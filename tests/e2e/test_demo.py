"""Every command that `make demo` prints works as it is printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.fixtures import require_lab
from tests.lab.teardown import tear_down
from tools import demo

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Transcript:
    """The commands that the demo ended with, by a word that is in each, and the file to edit."""

    commands: tuple[str, ...]
    fleet: Path

    def command(self, word: str) -> str:
        """The only one with this word."""
        (found,) = (each for each in self.commands if word in each)
        return found

    def run(self, word: str, stdin: str = "") -> str:
        """Run it as a person would: in the checkout, in a shell that knows of nothing else."""
        names = ("LLAMAFLEET_LLAMA_SWAP", "VIRTUAL_ENV")
        done = subprocess.run(
            self.command(word), shell=True, cwd=ROOT, input=stdin, capture_output=True, text=True,
            env={name: value for name, value in os.environ.items() if name not in names},
            timeout=900, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.args}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def transcript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transcript]:
    """The demo, run to its end; its host keeps running until the tests are done."""
    require_lab()
    folder = tmp_path_factory.mktemp("demo")
    folder.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "tools.demo", "--folder", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=3000, check=False,
    )  # fmt: skip
    lab = re.search(r"tests\.lab down ([0-9a-f]{4})$", done.stdout, re.MULTILINE)
    try:
        assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        _, _, ending = done.stdout.partition("The sandbox keeps running.")
        commands = tuple(re.findall(r"^    (\S.*)$", ending, re.MULTILINE))
        assert len(commands) == 6
        yield Transcript(commands, folder / "inventory" / "fleet.fleet")
    finally:
        if lab is not None:
            tear_down(lab[1])


@pytest.mark.lab
def test_looking_around(transcript: Transcript) -> None:
    # What a session says first is Debian's.
    said = transcript.run("ssh -F", "systemctl is-active llama-swap-voice nginx").split()
    assert said[-2:] == ["active", "active"]
    assert [each["id"] for each in json.loads(transcript.run("/v1/models"))["data"]]
    assert json.loads(transcript.run("/running"))["running"]
    assert " passed" in transcript.run("tests/verify")


@pytest.mark.lab
def test_an_edit_is_rolled_out_by_what_was_printed(transcript: Transcript) -> None:
    """GitHub need not answer: whatever stood in for it at first does so again."""
    before = transcript.run("/v1/models")
    text = transcript.fleet.read_text()
    transcript.fleet.write_text(text.replace("ctx-size = 2048", "ctx-size = 1024"))
    assert transcript.fleet.read_text() != text
    transcript.run("deploys/site.py")
    assert transcript.run("/v1/models") != before
    assert " passed" in transcript.run("tests/verify")


@pytest.mark.lab
def test_the_end(transcript: Transcript) -> None:
    assert "is gone" in transcript.run("tests.lab down")


def test_without_root_it_shows_what_can_be_shown(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert demo.main([]) == 0
    said = "".join(capfd.readouterr())
    assert "booting hosts needs root" in said
    assert "examples/sandbox/fleet.fleet: ok" in said
    assert "==> sandbox/etc/nginx/" in said
