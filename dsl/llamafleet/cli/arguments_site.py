"""The arguments of commands for a site: its files, its hosts and its editor."""

from __future__ import annotations

import argparse
from typing import Any

from .command import command


def init(commands: Any) -> None:
    """Add the arguments of `init`."""
    init = command(
        commands,
        "init",
        "create a new site: a fleet file, an inventory, a deploy, checks for CI",
        "Existing files are never replaced: if DIR has one of them, nothing is written.",
    )
    init.add_argument(
        "directory", metavar="DIR", help="the directory of the site; it is created if needed"
    )


def verify(commands: Any) -> None:
    """Add the arguments of `verify`."""
    verify = command(
        commands,
        "verify",
        "test the live hosts against the fleet file",
        "The tests load and unload models, and change nothing else. Options after FLEET"
        " go to pytest:\n"
        "  --verify-host H       only this host\n"
        "  --ssh-config FILE     the configuration of ssh\n"
        '  -k "files or units"   only these tests',
    )
    verify.add_argument("fleet", metavar="FLEET", help="a fleet file")
    verify.add_argument(
        "pytest_arguments", nargs=argparse.REMAINDER, metavar="...", help="options of pytest"
    )


def lock(commands: Any) -> None:
    """Add the arguments of `lock`."""
    lock = command(
        commands,
        "lock",
        "look up the weights and sources of a fleet, and write fleet.lock",
        "Entries that are locked are kept. Changes go to stdout. HF_TOKEN gives access to gated\n"
        "repositories, HF_ENDPOINT names another Hub.",
    )
    lock.add_argument(
        "fleet", metavar="FLEET", help="a fleet file; fleet.lock is written beside it"
    )
    lock.add_argument(
        "--update",
        action="append",
        default=[],
        metavar="NAME",
        help="look this gguf or build up again; may be repeated",
    )
    lock.add_argument("--update-all", action="store_true", help="look everything up again")
    lock.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 if the lock is not current",
    )
    lock.add_argument(
        "--offline",
        action="store_true",
        help="as --check, without network: compare with the fleet file only",
    )


def lsp(commands: Any) -> None:
    """Add the arguments of `lsp`."""
    lsp = command(commands, "lsp", "run the language server for editors")
    # Editors pass it to every server; there is no other way here.
    lsp.add_argument(
        "--stdio", action="store_true", help="use stdin and stdout (the default, and the only way)"
    )
