"""Which package indexes this machine's pip asks: those it is configured for, else its default."""

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
"""Parts of pip's configuration that an installation reads; a later one goes before."""
_SETTING = re.compile(r"(global|install|:env:)\.([a-z-]+)=(.*)")
_DEFAULT = re.compile(r"--index-url.*?\(default\s+(\S+?)\)", re.DOTALL)


def index_urls() -> tuple[str, ...]:
    """Return the addresses of the indexes that pip asks, in its order; none where there is no pip.

    An address may hold a password: pip's configuration may, too.
    """
    known = settings()
    first = known.get("index-url") or _default()
    words = f"{first or ''} {known.get('extra-index-url', '')}".split()
    return tuple(dict.fromkeys(words))


def settings() -> Mapping[str, str]:
    """Return pip's settings by name (`index-url`), with those of the environment before files."""
    found: dict[str, dict[str, str]] = {each: {} for each in SECTIONS}
    for line in _pip("config", "list").splitlines():
        if read := _SETTING.fullmatch(line):
            found[read[1]][read[2]] = _text(read[3])
    for name, value in os.environ.items():
        if name.startswith("PIP_") and value:  # a machine may have no pip, and yet say this
            found[":env:"][name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return {name: value for each in SECTIONS for name, value in found[each].items()}


def _default() -> str | None:
    """The index of a pip that nobody has configured, which its help names."""
    found = _DEFAULT.search(_pip("--isolated", "install", "--help"))
    return found[1] if found else None


def _text(written: str) -> str:
    """A value as it is: pip shows it as Python would write it."""
    try:
        value = ast.literal_eval(written)
    except (ValueError, SyntaxError):
        value = written
    return str(value)


def _pip(*words: str) -> str:
    """What pip says, of this Python or the first on the PATH; nothing where there is none."""
    asked = [[sys.executable, "-m", "pip"]]
    asked += [[path] for each in ("pip3", "pip") if (path := shutil.which(each))]
    return next((said for each in asked if (said := _said((*each, *words)))), "")


@cache
def _said(command: tuple[str, ...]) -> str:
    # Its help is broken into lines as wide as the terminal.
    surroundings = {**os.environ, "COLUMNS": "400", "NO_COLOR": "1"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, env=surroundings
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout if done.returncode == 0 else ""
