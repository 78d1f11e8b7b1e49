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
        "draw the hosts of a fleet and the models in their memory, to scale",
        "Models that do not fit are drawn in red, models of unknown size are hatched.",
    )
    drawn.add_argument("fleet", metavar="FLEET", help="a fleet file")
    drawn.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default="-",
        help='an .svg or .html file (default: "-", an SVG on stdout)',
    )
    drawn.add_argument(
        "--format",
        dest="style",
        choices=("svg", "html"),
        help="the format (default: by the name of FILE)",
    )


def memory(commands: Any) -> None:
    """Add the arguments of `memory`: our own options, then those of llama-server."""
    added = command(
        commands,
        "memory",
        "estimate how much memory a llama-server takes on each device",
        "example: memory model.gguf -c 32768 -ngl 99 --gpu 24GiB --gpu Vulkan0=8GiB",
    )
    added.add_argument(
        "--gpu",
        action="append",
        default=[],
        metavar="[NAME=]SIZE",
        help="a GPU, real or planned; may be repeated; without NAME they are CUDA0, CUDA1, ...",
    )
    added.add_argument(
        "--llama-cpp",
        metavar="REF",
        help="the llama.cpp build (default: the one that estimates are modelled on)",
    )
    added.add_argument("--format", dest="style", choices=("text", "json"), default="text")
    added.add_argument(
        "file", metavar="FILE.gguf", help="a GGUF file; of a split model, the first file"
    )
    added.add_argument(
        "flags", nargs=argparse.REMAINDER, metavar="...", help="flags of llama-server"
    )


def suggest(commands: Any) -> None:
    """Add the arguments of `suggest`."""
    added = command(
        commands,
        "suggest",
        "find the longest context that fits a model on a host, for each cache type",
        "By default it fits beside everything that may be loaded together with the model;\n"
        "--beside and --beside-set choose other models. Services that always run are counted.",
    )
    added.add_argument("model", metavar="MODEL", help="a model of a fleet file")
    added.add_argument(
        "fleet",
        metavar="FLEET",
        nargs="?",
        default="fleet.fleet",
        help="the fleet file (default: fleet.fleet); may come first",
    )
    added.add_argument("--host", metavar="HOST", help="the host, if the model has several")
    others = added.add_mutually_exclusive_group()
    others.add_argument(
        "--beside", dest="models", metavar="A,B", help='models that stay loaded; "" for none'
    )
    others.add_argument(
        "--beside-set",
        dest="set_name",
        metavar="SET",
        help="as --beside, with the other models of this set",
    )
    added.add_argument("--service", metavar="NAME", help="the service, if the host has several")
    added.add_argument("--format", dest="style", choices=("text", "json"), default="text")


def explain(commands: Any) -> None:
    """Add the arguments of `explain`."""
    explain = command(
        commands,
        "explain",
        "explain a key, a kind of block, a flag or a diagnostic code",
        "examples: llamafleet explain nginx.balance\n"
        "          llamafleet explain unknown-key\n"
        "          llamafleet explain memory chat fleet.fleet   (its memory, term by term)",
    )
    explain.add_argument(
        "key", metavar="KEY", help="KIND.KEY, KIND, KEY, a flag, a code, or memory"
    )
    explain.add_argument("model", metavar="MODEL", nargs="?", help="after memory: the model")
    explain.add_argument(
        "fleet",
        metavar="FLEET",
        nargs="?",
        default="fleet.fleet",
        help="after memory: the fleet file (default: fleet.fleet)",
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
