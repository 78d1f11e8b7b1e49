"""The command line: arguments, files and exit codes only.

Exit codes: 0 clean, 1 problems found, 2 wrong usage, 3 the tool failed. Each command lives in a
module that is imported when it is asked for, since `check` runs on every key press.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from .arguments import read
from .terminal import prepare, say

FAILED = 3
INTERRUPTED, PIPE_CLOSED = 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    prepare()
    try:
        options = vars(read(arguments))
        code = _command(options.pop("command"))(**options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Python would complain once more when it closes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except ModuleNotFoundError as missing:
        return _lacks(missing)
    except Exception as error:
        return _failed(error)


def _command(name: str) -> Callable[..., int]:
    """Return the function of a command; its parameters are named as in `arguments`."""
    match name:
        case "check":
            from .check import check

            return check
        case "simulate":
            from .simulate import simulate

            return simulate
        case "fmt":
            from .fmt import fmt

            return fmt
        case "render":
            from .render import render

            return render
        case "map":
            from .map import map_

            return map_
        case "lock":
            from .lock import lock

            return lock
        case "import":
            from .import_ import import_

            return import_
        case _:
            return _question(name)


def _question(name: str) -> Callable[..., int]:
    """Return the function of a command that explains something."""
    match name:
        case "memory":
            from .memory import memory

            return memory
        case "suggest":
            from .suggest import suggest

            return suggest
        case "explain":
            from .explain import explain

            return explain
        case "schema":
            from .schema import schema

            return schema
        case _:
            return _of_a_site(name)


def _of_a_site(name: str) -> Callable[..., int]:
    """Return the function of a command for sites, live hosts or editors."""
    match name:
        case "init":
            from .init import init

            return init
        case "verify":
            from .verify import verify

            return verify
        case _:
            from .lsp import lsp

            return lsp


def _lacks(missing: ModuleNotFoundError) -> int:
    """Say which extra brings what a command needs."""
    from .extras import way_out

    lines = way_out(missing)
    if lines is None:
        return _failed(missing)
    for line in lines:
        say(line)
    return FAILED


def _failed(error: Exception) -> int:
    if os.environ.get("LLAMAFLEET_DEBUG"):
        raise error
    if isinstance(error, OSError) and error.filename:
        say(f'cannot write "{error.filename}": {(error.strerror or str(error)).lower()}')
    else:
        said = " ".join(str(error).split())
        say(f"internal error: {type(error).__name__}: {said}")
        say("please report it with the file attached; LLAMAFLEET_DEBUG=1 prints the traceback")
    return FAILED
