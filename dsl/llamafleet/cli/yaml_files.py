"""llama-swap's configurations on the command line: recognising and reading them."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping

from ..diagnostics.model import Diagnostic, Diagnostics
from ..language.reading import read_bytes, read_source
from ..source import Source
from .terminal import STDIN

SUFFIXES = (".yaml", ".yml")
_YAML = re.compile(r"^(?:---|[A-Za-z_\"'][\w\"' -]*:(?:\s|$))", re.MULTILINE)
_FLEET = re.compile(r"^\s*(?:fleet\s+\S|include\s+\"|(?:host|model|build|gpu)\s+\S+\s*\{)", re.M)


class InputFiles:
    """Files as they are named on the command line; stdin is read once."""

    def __init__(self) -> None:
        self._stdin: bytes | None = None

    def read(self, path: str) -> bytes:
        """Return the bytes of a file or of stdin."""
        if path not in ("-", STDIN):
            return read_bytes(path)
        if self._stdin is None:
            self._stdin = sys.stdin.buffer.read()
        return self._stdin

    def is_yaml(self, path: str) -> bool:
        """Return True for a llama-swap configuration, by its name or else its content."""
        if path.endswith((*SUFFIXES, ".fleet")):
            return not path.endswith(".fleet")
        try:
            text = self.read(path).decode("utf-8", "replace")
        except (OSError, ValueError):
            return False
        return not _FLEET.search(text) and bool(_YAML.search(text))

    def source(self, path: str) -> tuple[Source | None, tuple[Diagnostic, ...]]:
        """Return a file's text, or None with the diagnostics that say why."""
        diagnostics = Diagnostics()
        name = STDIN if path == "-" else path
        return read_source(name, diagnostics, read=self.read), tuple(diagnostics)


def environment(given: list[str]) -> Mapping[str, str]:
    """Parse `--env NAME=value`; without `=value`, the variable is empty."""
    pairs = (each.partition("=") for each in given)
    return {name: value for name, _, value in pairs}


def release(text: str) -> int:
    """Return the number of `--llama-swap v250`; raises ArgumentTypeError for other texts."""
    from ..llama_swap.versions import NEWEST, OLDEST, number

    found = number(text)
    if found is None or found < OLDEST:
        raise argparse.ArgumentTypeError(
            f'"{text}" is not a release of llama-swap such as v{NEWEST}, v{OLDEST} or newer'
        )
    return found
