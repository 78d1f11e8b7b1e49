"""The common parts of every command's parser."""

from __future__ import annotations

import argparse
import os
from typing import Any


def formatter(prog: str) -> argparse.HelpFormatter:
    """Return a help formatter that keeps line breaks and is as wide as the terminal."""
    # argparse makes one for each argument, and asks `shutil` for the width: 3 ms to import.
    try:
        width = os.get_terminal_size().columns
    except OSError:
        width = 100
    return argparse.RawDescriptionHelpFormatter(prog, width=min(width, 100) - 2)


def command(commands: Any, name: str, words: str, more: str = "") -> argparse.ArgumentParser:
    """Add the parser of one command: `words` is its summary, `more` is printed at the end."""
    added: argparse.ArgumentParser = commands.add_parser(
        name,
        help=words,
        description=words[0].upper() + words[1:] + ".",
        epilog=more,
        formatter_class=formatter,
        allow_abbrev=False,
    )
    return added
