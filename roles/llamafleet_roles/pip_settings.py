"""The package indexes of this machine's pip: the configured ones, else its default."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache

SECTIONS = ("global", "install", ":env:")
"""The sections of pip's configuration that `pip install` reads; a later one takes precedence."""
_SETTING = re.compile(r"(global|install|:env:)\.([a-z-]+)=(.*)")
_DEFAULT = re.compile(r"--index-url.*?\(default\s+(\S+?)\)", re.DOTALL)


def index_urls() -> tuple[str, ...]:
    """Return the URLs of pip's indexes in its order; empty if none is known.

    A URL may contain a password, as in pip's configuration.
    """
    known = settings()
    first = known.get("index-url") or _default()
    words = f"{first or ''} {known.get('extra-index-url', '')}".split()
    return tuple(dict.fromkeys(words))


def settings() -> Mapping[str, str]:
    """Return pip's settings by name (`index-url`); the environment takes precedence over files."""
    found: dict[str, dict[str, str]] = {each: {} for each in SECTIONS}
    for line in _pip("config", "list").splitlines():
        if read := _SETTING.fullmatch(line):
            found[read[1]][read[2]] = _text(read[3])
    for name, value in os.environ.items():
        if name.startswith("PIP_") and value:  # a machine may set these without having pip
            found[":env:"][name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return {name: value for each in SECTIONS for name, value in found[each].items()}


def _default() -> str | None:
    """Return the default index, which pip's help names, or None."""
    found = _DEFAULT.search(_pip("--isolated", "install", "--help"))
    return found[1] if found else None


def _text(written: str) -> str:
    """Return a value that `pip config list` printed as a Python literal."""
    try:
        value = ast.literal_eval(written)
    except (ValueError, SyntaxError):
        value = written
    return str(value)


def _pip(*words: str) -> str:
    """Return the output of pip, of this Python or the first on the PATH; "" if there is none."""
    commands = [[sys.executable, "-m", "pip"]]
    commands += [[path] for each in ("pip3", "pip") if (path := shutil.which(each))]
    return next((output for each in commands if (output := _said((*each, *words)))), "")


@cache
def _said(command: tuple[str, ...]) -> str:
    # pip wraps its help to the width of the terminal.
    surroundings = {**os.environ, "COLUMNS": "400", "NO_COLOR": "1"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, env=surroundings
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout if done.returncode == 0 else ""
