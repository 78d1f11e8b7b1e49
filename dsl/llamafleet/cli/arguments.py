"""The command line: its arguments, and the texts of `--help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from .arguments_memory import explain, map_, memory, schema, suggest
from .arguments_site import init, lock, lsp, verify
from .command import command, formatter

EXAMPLES = """\
examples:
  llamafleet init our-fleet                    a new site, to put your machines into
  llamafleet check fleet.fleet                 what is wrong with it, if anything
  llamafleet check --format json *.fleet       the same for an editor or a program
  llamafleet check config.yaml --llama-swap v250 --llama-cpp b11434
                                               what is wrong with llama-swap's own configuration
  llamafleet simulate fleet.fleet a b a        what loads and what is stopped, step by step
  llamafleet fmt fleet.fleet                   bring it into its canonical form
  llamafleet fmt --check --diff *.fleet        what that would change; changes nothing
  llamafleet render fleet.fleet                every file of every host, on the terminal
  llamafleet render fleet.fleet -o out         the same as a tree: out/HOST/etc/...
  llamafleet map fleet.fleet -o fleet.svg      its hosts and cards as a picture, to scale
  llamafleet lock fleet.fleet                  what its weights are, in fleet.lock beside it
  llamafleet import config.yaml -o fleet.fleet what you run today, as a fleet file
  llamafleet memory model.gguf -c 32768 --gpu 24GiB
                                               what a llama-server with it takes, on each device
  llamafleet suggest chat fleet.fleet --host box
                                               how long a context it can have there
  llamafleet explain model.ctx-size            what a key means
  llamafleet explain memory chat fleet.fleet   what a model takes, and how that comes about
  llamafleet schema plan                       the JSON Schema of what render --format json prints
  llamafleet verify fleet.fleet                ask the live hosts whether they are as planned
  llamafleet lsp                               serve an editor on stdin and stdout

exit codes: 0 clean, 1 problems found, 2 wrong usage, 3 the tool failed
"""


class _Version(argparse.Action):
    """Prints the version; reading it takes longer than most commands, so only where asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from .about import known

        print(known())
        parser.exit()


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all commands, or of one; its result has `command` and its arguments."""
    top = argparse.ArgumentParser(
        prog="llamafleet",
        description="Check, format and compile fleet files.",
        epilog=EXAMPLES,
        formatter_class=formatter,
        allow_abbrev=False,
    )
    top.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        dest=argparse.SUPPRESS,
        help="print the version, and which builds and releases it knows",
    )
    commands = top.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog="llamafleet"
    )
    for name, add in COMMANDS.items():
        if only in (None, name):
            add(commands)
    return top


def read(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse arguments; unlike argparse, requests may stand on both sides of an option."""
    words = sys.argv[1:] if arguments is None else arguments
    # What other commands take, nobody asks: to say it all is half of what reading costs.
    top = parser(words[0] if words and words[0] in COMMANDS else None)
    found, more = top.parse_known_args(words)
    requests = getattr(found, "requests", None)
    if more and (requests is None or any(each.startswith("-") for each in more)):
        top.error(f"unrecognized arguments: {' '.join(more)}")
    if more and requests is not None:
        requests += more
    return found


def _check(commands: Any) -> None:
    check = command(
        commands,
        "check",
        "check fleet files and what they include, or configurations of llama-swap",
        "Problems go to stdout, a summary to stderr. A silent stdout means that all is well.",
    )
    check.add_argument(
        "fleets",
        nargs="+",
        metavar="FLEET",
        help='a fleet file, a YAML of llama-swap, or "-": stdin',
    )
    check.add_argument(
        "--format",
        dest="style",
        choices=("text", "json", "sarif", "github"),
        default="text",
        help="text for people (default), one JSON object a line, SARIF 2.1.0, or annotations for "
        "GitHub Actions",
    )
    check.add_argument("--strict", action="store_true", help="fail on warnings too")
    _yaml(check)
    check.add_argument(
        "--llama-cpp", metavar="REF", help="with a YAML: the build that its commands start: b11434"
    )


def _yaml(parser: argparse.ArgumentParser) -> None:
    """Add the options that tell what a configuration of llama-swap does not say itself."""
    from .yaml_files import release

    parser.add_argument(
        "--llama-swap",
        type=release,
        metavar="VERSION",
        help="with a YAML: the release that reads it (default: the newest known)",
    )
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="with a YAML: what ${env.NAME} in it stands for",
    )


def _simulate(commands: Any) -> None:
    simulate = command(
        commands,
        "simulate",
        "say what requests load and what they stop, as llama-swap decides",
        "Requests are ids or aliases, as arguments or on stdin, one or more a line.",
    )
    simulate.add_argument("file", metavar="FILE", help="a fleet file, or a YAML of llama-swap")
    simulate.add_argument("requests", nargs="*", metavar="MODEL", help="requests, in order")
    simulate.add_argument("--service", metavar="NAME", help="which llama-swap of the fleet")
    simulate.add_argument("--running", metavar="A,B", default="", help="what runs at the start")
    kinds = simulate.add_mutually_exclusive_group()
    kinds.add_argument("--all", action="store_true", dest="pairs", help="who can stop whom")
    kinds.add_argument("--sets", action="store_true", help="every set and its combinations")
    simulate.add_argument("--format", dest="style", choices=("text", "json"), default="text")
    _yaml(simulate)


def _fmt(commands: Any) -> None:
    fmt = command(
        commands,
        "fmt",
        "bring fleet files into their canonical form",
        "Comments and order are kept. A file with syntax errors is left as it is.",
    )
    fmt.add_argument("files", nargs="+", metavar="FILE", help='a file, or "-": stdin to stdout')
    fmt.add_argument("--check", action="store_true", help="write nothing; fail if it would")
    fmt.add_argument("--diff", action="store_true", help="write nothing; print what would change")


def _render(commands: Any) -> None:
    render = command(
        commands,
        "render",
        "print or write the files of every host",
        "With --output, DIR holds exactly what was rendered: files of earlier runs are removed.\n"
        "With --format json, the plan of each host is one line: its files (path, mode, SHA-256),\n"
        "units, builds, weights, probes and packages.",
    )
    render.add_argument("fleet", metavar="FLEET", help="a fleet file")
    render.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="write the files to DIR/HOST/... (default: print them)",
    )
    render.add_argument("--host", metavar="HOST", help="only this host")
    render.add_argument(
        "--force", action="store_true", help="write into a directory that holds other files"
    )
    render.add_argument(
        "--format",
        dest="style",
        choices=("text", "json"),
        default="text",
        help="files as text (default), or the plan of each host as one JSON object a line",
    )


def _import(commands: Any) -> None:
    import_ = command(
        commands,
        "import",
        "turn what you run today into a fleet file",
        "The fleet file goes to stdout, what there is to say to stderr. Keys and tokens stay out.",
    )
    import_.add_argument(
        "file",
        metavar="FILE",
        help="llama-swap YAML, a systemd unit, a router's INI, or a command of llama-server (a "
        'file, or in quotes); "-": stdin',
    )
    import_.add_argument(
        "--from",
        dest="kind",
        choices=("llama-swap", "command", "unit", "router-ini"),
        help="what it is; by default by what is in it",
    )
    import_.add_argument(
        "--host", default="localhost", metavar="NAME", help="the host's name (default localhost)"
    )
    import_.add_argument(
        "--llama-swap", default="v250", metavar="VERSION", help="the release that runs it (v250)"
    )
    import_.add_argument(
        "--llama-cpp",
        metavar="REF",
        help="check the flags of a llama-swap's commands against this build, too: b11434",
    )
    import_.add_argument("-o", "--output", metavar="FLEET", help="write it there")
    import_.add_argument(
        "--verify", action="store_true", help="render it, and prove that it means the same"
    )


COMMANDS: Mapping[str, Callable[[Any], None]] = {
    "init": init,
    "check": _check,
    "simulate": _simulate,
    "fmt": _fmt,
    "render": _render,
    "map": map_,
    "lock": lock,
    "import": _import,
    "memory": memory,
    "suggest": suggest,
    "explain": explain,
    "schema": schema,
    "verify": verify,
    "lsp": lsp,
}
"""What adds the arguments of each command."""
