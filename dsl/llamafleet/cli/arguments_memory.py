"""The arguments of the commands that tell of memory."""

from __future__ import annotations

import argparse
from typing import Any

from .command import command


def map_(commands: Any) -> None:
    """Add the arguments of `map`."""
    drawn = command(
        commands,
        "map",
        "draw the hosts of a fleet, their cards to scale, and what is in them",
        "What does not fit is drawn, too, in red; what nobody knows the size of is hatched.",
    )
    drawn.add_argument("fleet", metavar="FLEET", help="a fleet file")
    drawn.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default="-",
        help='an .svg or an .html; by default, and with "-", an SVG to stdout',
    )
    drawn.add_argument(
        "--format", dest="style", choices=("svg", "html"), help="whatever the file's name says"
    )


def memory(commands: Any) -> None:
    """Add the arguments of `memory`: our own options, then those of llama-server."""
    added = command(
        commands,
        "memory",
        "say how much memory a llama-server takes, on each device",
        "example: memory model.gguf -c 32768 -ngl 99 --gpu 24GiB --gpu Vulkan0=8GiB",
    )
    added.add_argument(
        "--gpu",
        action="append",
        default=[],
        metavar="[NAME=]SIZE",
        help="a card, there or not; the first is CUDA0 if it has no name",
    )
    added.add_argument(
        "--llama-cpp",
        metavar="REF",
        help="which build runs it (default: the one whose memory is modelled)",
    )
    added.add_argument("--format", dest="style", choices=("text", "json"), default="text")
    added.add_argument("file", metavar="FILE.gguf", help="a model; the first file of several")
    added.add_argument(
        "flags", nargs=argparse.REMAINDER, metavar="...", help="llama-server's own flags"
    )


def suggest(commands: Any) -> None:
    """Add the arguments of `suggest`."""
    added = command(
        commands,
        "suggest",
        "say how long a context a model can have on a host, by the type of its cache",
        "It fits beside everything that may be loaded beside the model, unless --beside or\n"
        "--beside-set say what else shall be; what always runs on the host is always there.",
    )
    added.add_argument("model", metavar="MODEL", help="a model of a fleet file")
    added.add_argument(
        "fleet",
        metavar="FLEET",
        nargs="?",
        default="fleet.fleet",
        help="of which one (default: fleet.fleet); may stand first",
    )
    added.add_argument("--host", metavar="HOST", help="on which host, where there are several")
    others = added.add_mutually_exclusive_group()
    others.add_argument(
        "--beside", dest="models", metavar="A,B", help='models that stay loaded; "" for none'
    )
    others.add_argument(
        "--beside-set", dest="set_name", metavar="SET", help="the other models of this set"
    )
    added.add_argument("--service", metavar="NAME", help="in which service of the host")
    added.add_argument("--format", dest="style", choices=("text", "json"), default="text")


def explain(commands: Any) -> None:
    """Add the arguments of `explain`."""
    explain = command(
        commands,
        "explain",
        "say what a key, a block kind or a diagnostic's code means",
        "examples: explain nginx.balance, explain llama-swap, explain unknown-key;\n"
        "explain memory MODEL [FLEET] says what a model takes on each host, term by term",
    )
    explain.add_argument("key", metavar="KEY", help="KIND.KEY, KIND, KEY, a code, or memory")
    explain.add_argument("model", metavar="MODEL", nargs="?", help="after memory: which model")
    explain.add_argument(
        "fleet", metavar="FLEET", nargs="?", default="fleet.fleet", help="of which fleet file"
    )
    explain.add_argument("--format", dest="style", choices=("text", "json"), default="text")


def schema(commands: Any) -> None:
    """Add the arguments of `schema`."""
    schema = command(
        commands,
        "schema",
        "list the JSON Schemas of this program's JSON output, or print one",
        "The output of each command with --format json states the version of its schema.",
    )
    schema.add_argument(
        "name", metavar="NAME", nargs="?", help="the schema to print (default: list)"
    )
