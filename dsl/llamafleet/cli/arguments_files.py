"""Arguments of the commands that write files: fmt, render and import."""

from __future__ import annotations

from typing import Any

from .command import command


def fmt(commands: Any) -> None:
    """Add the arguments of `llamafleet fmt`."""
    parser = command(
        commands,
        "fmt",
        "format fleet files",
        "Comments and order are kept. A file with syntax errors is left unchanged.",
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help='a fleet file; "-" formats stdin to stdout'
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a file is not formatted"
    )
    parser.add_argument(
        "--diff", action="store_true", help="write nothing; print the changes as a diff"
    )


def render(commands: Any) -> None:
    """Add the arguments of `llamafleet render`."""
    parser = command(
        commands,
        "render",
        "print or write the files of every host",
        "With --output, DIR holds exactly what was rendered: files of earlier runs are removed.\n"
        "With --format json, the plan of each host is one line: its files (path, mode, SHA-256),\n"
        "units, builds, weights, probes and packages.",
    )
    parser.add_argument("fleet", metavar="FLEET", help="a fleet file")
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="write the files to DIR/HOST/... (default: print them)",
    )
    parser.add_argument("--host", metavar="HOST", help="only this host")
    parser.add_argument(
        "--force", action="store_true", help="write into a directory that holds other files"
    )
    parser.add_argument(
        "--format",
        dest="style",
        choices=("text", "json"),
        default="text",
        help="files as text (default), or the plan of each host as one JSON object a line",
    )


def import_(commands: Any) -> None:
    """Add the arguments of `llamafleet import`."""
    parser = command(
        commands,
        "import",
        "convert what you run today into a fleet file",
        "The fleet file goes to stdout, messages to stderr. Keys and tokens are left out.",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        help="a llama-swap YAML, a systemd unit, a preset INI of a llama-server router, or a "
        'llama-server command (in a file or quoted); "-" for stdin',
    )
    parser.add_argument(
        "--from",
        dest="kind",
        choices=("llama-swap", "command", "unit", "router-ini"),
        help="the format of FILE (default: detected)",
    )
    parser.add_argument(
        "--host",
        default="localhost",
        metavar="NAME",
        help="the name of the host (default: localhost)",
    )
    parser.add_argument(
        "--llama-swap",
        default="v250",
        metavar="VERSION",
        help="the release of llama-swap that runs it (default: v250)",
    )
    parser.add_argument(
        "--llama-cpp",
        metavar="REF",
        help="check the flags of its commands against this llama.cpp build, such as b11434",
    )
    parser.add_argument("-o", "--output", metavar="FLEET", help="write the fleet file there")
    parser.add_argument(
        "--verify",
        action="store_true",
        help="render the fleet file, and prove that it means the same as FILE",
    )
