"""Running the machine's own tools, and the one error that the lab raises."""

from __future__ import annotations

import subprocess
from pathlib import Path


class LabError(Exception):
    """The lab cannot do what was asked; the message says what failed and the way out."""


def run(*argv: str | Path, check: bool = True, stdin: str | None = None) -> str:
    """Run a tool of this machine and return what it printed; a failure carries its output."""
    done = subprocess.run(
        [str(word) for word in argv],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if check and done.returncode != 0:
        command = " ".join(str(word) for word in argv)
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise LabError(f"`{command}` ended with status {done.returncode}:\n{said}")
    return done.stdout


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file with exactly this mode; a symlink in its place is replaced, not followed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
