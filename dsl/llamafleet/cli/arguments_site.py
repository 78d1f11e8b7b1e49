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
        "write a new site: a fleet file, an inventory, a deploy, checks for CI",
        "Nothing is replaced: a directory that has one of these files is refused.",
    )
    init.add_argument("directory", metavar="DIR", help="where to; it is made if it is not there")


def verify(commands: Any) -> None:
    """Add the arguments of `verify`."""
    verify = command(
        commands,
        "verify",
        "ask the live hosts whether they are as the fleet file says",
        "Nothing is changed on them but which models are loaded. What follows FLEET"
        " goes to pytest:\n"
        "  --verify-host H       only this host\n"
        "  --ssh-config FILE     how ssh reaches the hosts\n"
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
        "look up the weights and sources that a fleet names, and write them into fleet.lock",
        "What is locked stays as it is. What moved goes to stdout. HF_TOKEN opens gated "
        "repositories, HF_ENDPOINT names another Hub.",
    )
    lock.add_argument("fleet", metavar="FLEET", help="a fleet file; fleet.lock is beside it")
    lock.add_argument(
        "--update",
        action="append",
        default=[],
        metavar="NAME",
        help="look this gguf or build up again, though it is locked",
    )
    lock.add_argument("--update-all", action="store_true", help="look everything up again")
    lock.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail if something moved since, or is not locked",
    )
    lock.add_argument(
        "--offline",
        action="store_true",
        help="write nothing and ask nobody; fail if the fleet file says something else",
    )


def lsp(commands: Any) -> None:
    """Add the arguments of `lsp`."""
    lsp = command(commands, "lsp", "serve an editor over the language server protocol")
    # Editors pass it to every server; there is no other way here.
    lsp.add_argument("--stdio", action="store_true", help="speak on stdin and stdout (always so)")
