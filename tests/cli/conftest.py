"""A folder with a fleet in it, and the command line to run on it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FLEET = """\
fleet 1

host box {}

host spare {}

build cpu {
    ref     = "b11434"
    backend = cpu
}

gguf small {
    path = "/models/small.gguf"
}

model chat {
    gguf     = small
    ctx-size = 4096
}

llama-server worker {
    hosts  = [box, spare]
    build  = cpu
    model  = chat
    listen = "127.0.0.1:9000"
}
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fleet.fleet").write_text(FLEET)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """`llamafleet` as a whole process, in the folder."""

    def llamafleet(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "llamafleet", *arguments]
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=60, **more
        )

    return llamafleet
