"""The llama-server that the hosts built from source agrees with what the compiler knows of it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.rollout import ROOT, Site
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

GOLDEN = ROOT / "tests" / "golden"
INSTALLED = "/opt/llamafleet/llama.cpp/cpu/llama-server"

REMOTE = """\
#!{python}
import os, shlex, sys
command = shlex.join([{program!r}, *sys.argv[1:]])
os.execvp("ssh", ["ssh", "-F", {config!r}, "alpha", command])
"""


@pytest.fixture(scope="module")
def llama_server(pair: Lab, rolled_out: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that is alpha's llama-server, whatever this machine's libraries are."""
    path = tmp_path_factory.mktemp("bin") / "llama-server"
    text = REMOTE.format(python=sys.executable, program=INSTALLED, config=str(pair.ssh_config))
    path.write_text(text)
    path.chmod(0o755)
    return path


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every llama-server command of the goldens, split as llama-swap and systemd do."""
    for path in sorted(GOLDEN.rglob("etc/llamafleet/llama-swap/*.yaml")):
        for name, model in yaml.safe_load(path.read_text())["models"].items():
            yield f"{path.parents[4].name}-{name}", shlex.split(model["cmd"])
    for path in sorted(GOLDEN.rglob("llama-server-*.service")):
        for line in path.read_text().replace("\\\n", "").splitlines():
            if line.startswith("ExecStart="):
                yield path.name, shlex.split(line.removeprefix("ExecStart="))


COMMANDS = [(name, argv) for name, argv in commands() if argv[0].endswith("/llama-server")]


def test_there_are_commands_to_try() -> None:
    assert len(COMMANDS) >= 10


@pytest.mark.parametrize("argv", [argv for _, argv in COMMANDS], ids=[name for name, _ in COMMANDS])
def test_every_flag_of_the_goldens_is_known(llama_server: Path, argv: list[str]) -> None:
    # It parses all that it is given, opens no weights, and prints its version.
    command = [str(llama_server), *argv[1:], "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_flag_table_is_what_the_binary_says(llama_server: Path) -> None:
    tool = ROOT / "tools" / "llama_server_flags.py"
    command = [sys.executable, str(tool), str(llama_server), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
