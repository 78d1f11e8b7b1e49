"""The command line: its arguments, and the texts of `--help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from .arguments_files import fmt, import_, render
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


COMMANDS: Mapping[str, Callable[[Any], None]] = {
    "init": init,
    "check": _check,
    "simulate": _simulate,
    "fmt": fmt,
    "render": render,
    "map": map_,
    "lock": lock,
    "import": import_,
    "memory": memory,
    "suggest": suggest,
    "explain": explain,
    "schema": schema,
    "verify": verify,
    "lsp": lsp,
}
"""What adds the arguments of each command."""
