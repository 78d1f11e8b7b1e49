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
  llamafleet init our-fleet                    create a new site
  llamafleet check fleet.fleet                 check a fleet file
  llamafleet check --format json *.fleet       the same, for editors and programs
  llamafleet check config.yaml --llama-swap v250 --llama-cpp b11434
                                               check a configuration of llama-swap
  llamafleet simulate fleet.fleet a b a        show what loads and what is evicted, step by step
  llamafleet fmt fleet.fleet                   format a fleet file
  llamafleet fmt --check --diff *.fleet        show what fmt would change
  llamafleet render fleet.fleet                print every file of every host
  llamafleet render fleet.fleet -o out         write them to out/HOST/etc/...
  llamafleet map fleet.fleet -o fleet.svg      draw the hosts and their cards, to scale
  llamafleet lock fleet.fleet                  look up weights and sources, and write fleet.lock
  llamafleet import config.yaml -o fleet.fleet convert a configuration of llama-swap
  llamafleet memory model.gguf -c 32768 --gpu 24GiB
                                               estimate the memory of a llama-server, by device
  llamafleet suggest chat fleet.fleet --host box
                                               find the longest context that fits
  llamafleet explain model.ctx-size            explain a key
  llamafleet explain memory chat fleet.fleet   explain the memory estimate of a model
  llamafleet schema plan                       print the JSON Schema of render --format json
  llamafleet verify fleet.fleet                test the live hosts against the fleet file
  llamafleet lsp                               run the language server on stdin and stdout

exit codes: 0 success, 1 problems found, 2 wrong usage, 3 internal failure
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
        description="Check, format and compile fleet files: machines that serve local LLMs.",
        epilog=EXAMPLES,
        formatter_class=formatter,
        allow_abbrev=False,
    )
    top.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        dest=argparse.SUPPRESS,
        help="print the version, and the llama.cpp builds and llama-swap releases it knows",
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
        "check fleet files with their includes, or configurations of llama-swap",
        "Problems go to stdout, a summary to stderr. If stdout is empty, there are no problems.",
    )
    check.add_argument(
        "fleets",
        nargs="+",
        metavar="FLEET",
        help='a fleet file or a YAML file of llama-swap; "-" for stdin',
    )
    check.add_argument(
        "--format",
        dest="style",
        choices=("text", "json", "sarif", "github"),
        default="text",
        help="text (default), JSON lines, SARIF 2.1.0, or annotations of GitHub Actions",
    )
    check.add_argument("--strict", action="store_true", help="exit with 1 for warnings as well")
    _yaml(check)
    check.add_argument(
        "--llama-cpp",
        metavar="REF",
        help="for YAML: the llama.cpp build that its commands run, such as b11434",
    )


def _yaml(parser: argparse.ArgumentParser) -> None:
    """Add the options that tell what a configuration of llama-swap does not say itself."""
    from .yaml_files import release

    parser.add_argument(
        "--llama-swap",
        type=release,
        metavar="VERSION",
        help="for YAML: the release of llama-swap (default: the newest known)",
    )
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="for YAML: the value of ${env.NAME}; may be repeated",
    )


def _simulate(commands: Any) -> None:
    simulate = command(
        commands,
        "simulate",
        "simulate which models llama-swap loads and evicts for requests",
        "Requests are model ids or aliases; without arguments they are read from stdin.",
    )
    simulate.add_argument("file", metavar="FILE", help="a fleet file or a YAML file of llama-swap")
    simulate.add_argument(
        "requests", nargs="*", metavar="MODEL", help="the models to request, in order"
    )
    simulate.add_argument(
        "--service", metavar="NAME", help="the llama-swap service, if the fleet has several"
    )
    simulate.add_argument(
        "--running", metavar="A,B", default="", help="the models that run at the start"
    )
    kinds = simulate.add_mutually_exclusive_group()
    kinds.add_argument(
        "--all", action="store_true", dest="pairs", help="list which models each request can evict"
    )
    kinds.add_argument("--sets", action="store_true", help="list every set and its combinations")
    simulate.add_argument("--format", dest="style", choices=("text", "json"), default="text")
    _yaml(simulate)


def _fmt(commands: Any) -> None:
    fmt = command(
        commands,
        "fmt",
        "format fleet files",
        "Comments and order are kept. A file with syntax errors is left unchanged.",
    )
    fmt.add_argument(
        "files", nargs="+", metavar="FILE", help='a fleet file; "-" formats stdin to stdout'
    )
    fmt.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a file is not formatted"
    )
    fmt.add_argument(
        "--diff", action="store_true", help="write nothing; print the changes as a diff"
    )


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
        "convert what you run today into a fleet file",
        "The fleet file goes to stdout, messages to stderr. Keys and tokens are left out.",
    )
    import_.add_argument(
        "file",
        metavar="FILE",
        help="a llama-swap YAML, a systemd unit, a preset INI of a llama-server router, or a "
        'llama-server command (in a file or quoted); "-" for stdin',
    )
    import_.add_argument(
        "--from",
        dest="kind",
        choices=("llama-swap", "command", "unit", "router-ini"),
        help="the format of FILE (default: detected)",
    )
    import_.add_argument(
        "--host",
        default="localhost",
        metavar="NAME",
        help="the name of the host (default: localhost)",
    )
    import_.add_argument(
        "--llama-swap",
        default="v250",
        metavar="VERSION",
        help="the release of llama-swap that runs it (default: v250)",
    )
    import_.add_argument(
        "--llama-cpp",
        metavar="REF",
        help="check the flags of its commands against this llama.cpp build, such as b11434",
    )
    import_.add_argument("-o", "--output", metavar="FLEET", help="write the fleet file there")
    import_.add_argument(
        "--verify",
        action="store_true",
        help="render the fleet file, and prove that it means the same as FILE",
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
