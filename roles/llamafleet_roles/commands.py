"""The steps that operations yield (shell, Python, failure with a message), and file transfers."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyinfra import logger
from pyinfra.api.arguments import CONNECTOR_ARGUMENT_KEYS
from pyinfra.api.command import FunctionCommand, StringCommand
from pyinfra.api.host import Host
from pyinfra.api.state import State
from pyinfra.api.util import print_host_combined_output
from pyinfra.connectors.util import CommandOutput
from pyinfra.context import host as current_host
from pyinfra.context import state as current_state

from llamafleet_roles.pyinfra_hooks.connection import CONNECTION_ERRORS, is_cut_off
from llamafleet_roles.pyinfra_hooks.silence import (
    COMMAND_SILENCE,
    CommandSilentError,
    SilenceTimeout,
)


def connector_arguments(host: Host) -> dict[str, Any]:
    """Return the connector arguments of the current operation: sudo, shell, environment."""
    arguments: dict[str, Any] = dict(host.current_op_global_arguments or {})
    return {key: arguments[key] for key in CONNECTOR_ARGUMENT_KEYS if key in arguments}


def run_command(
    state: State, host: Host, command: str, *, stdin: str | None = None, show: bool = False
) -> tuple[bool, CommandOutput]:
    """Run a shell command now; return True with its output if it exits with 0.

    `show` prints the output as it arrives. Secrets and bundles travel by `stdin`, which is on no
    command line and in no log. The time is not limited, but a command must print something every
    COMMAND_SILENCE seconds.
    """
    arguments = connector_arguments(host)
    if arguments.get("_timeout") is None:
        arguments["_timeout"] = SilenceTimeout(COMMAND_SILENCE)
    if stdin is not None:
        arguments["_stdin"] = stdin
    try:
        done, output = host.run_shell_command(
            StringCommand(command),
            print_output=show or state.print_output,
            print_input=state.print_input,
            **arguments,
        )
    except CommandSilentError as error:
        log_error(
            host, f"a command hangs on this host ({error}): check the host, then run this again"
        )
        return False, CommandOutput([])
    except CONNECTION_ERRORS as error:
        log_error(host, f"lost the connection during a command ({error}): run this again")
        return False, CommandOutput([])
    if not done and is_cut_off(host):
        log_error(host, "lost the connection during a command: run this again")
    return done, output


def log_error(host: Host, message: str) -> None:
    """Print an error message of one host."""
    for line in message.splitlines():
        host.log_styled(line, fg="red", log_func=logger.error)


def _run_script(state: State, host: Host, command: str, stdin: str | None, show: bool) -> bool:
    done, output = run_command(state, host, command, stdin=stdin, show=show)
    if not done and not (show or state.print_output):
        print_host_combined_output(host, output)
    return done


def shell_step(command: str, *, stdin: str | None = None, show: bool = True) -> FunctionCommand:
    """Return a step that runs a shell command; with show=False its output is shown on failure."""
    return FunctionCommand(_run_script, (command, stdin, show), {})


def python_step(function: Callable[..., bool], *arguments: Any) -> FunctionCommand:
    """Return a step that calls `function(state, host, ...)`; False fails this host alone."""
    return FunctionCommand(function, arguments, {})


def _fail(state: State, host: Host, message: str) -> bool:
    log_error(host, message)
    return False


def fail_host(message: str) -> FunctionCommand:
    """Return a step that fails this host with a message.

    Raising inside an operation would stop the run on every host. The message is also printed at
    once while pyinfra detects changes, for with --dry the step is never executed.
    """
    if not current_state.is_executing:
        log_error(current_host, message)
    return fail_at_run(message)


def fail_at_run(message: str) -> FunctionCommand:
    """Return a step that fails this host when executed: an earlier step may remove the cause."""
    return FunctionCommand(_fail, (message,), {})


def log_planned(line: str) -> None:
    """Print a planned change while pyinfra detects changes; in execution the steps report it."""
    if not current_state.is_executing:
        current_host.log(line)


def command_line(*arguments: str) -> str:
    """Quote arguments and join them into a shell command line."""
    return shlex.join(arguments)


_PLACE = """
set -eu
umask 077
mkdir -p -- "${2%/*}"
if [ -f "$2" ] && echo "$1  $2" | sha256sum -c --quiet - 2>/dev/null; then echo there; fi
"""

_ACCEPT = """
set -eu
echo "$1  $2.part" | sha256sum -c --quiet - >/dev/null 2>&1 || {
    rm -f -- "$2.part"
    echo "the upload of $2 is incomplete: run this again" >&2
    exit 1
}
mv -fT -- "$2.part" "$2"
"""


def upload(state: State, host: Host, local: Path, remote: str, sha256: str, what: str) -> bool:
    """Upload a file unless the host has it; it gets its name once its SHA-256 is verified."""
    done, output = run_command(
        state, host, command_line("sh", "-c", _PLACE, "place", sha256, remote)
    )
    if not done:
        return False
    if "there" in output.stdout_lines:
        return True
    host.log(f"uploading {what}, {local.stat().st_size / 1e6:.0f} MB")
    try:
        done = host.put_file(str(local), f"{remote}.part", **connector_arguments(host))
    except CONNECTION_ERRORS as error:
        log_error(host, f"could not upload {what}: {error}")
        return False
    return done and _run_script(
        state, host, command_line("sh", "-c", _ACCEPT, "accept", sha256, remote), None, False
    )


def fetch(state: State, host: Host, remote: str, local: Path, sha256: str) -> bool:
    """Download a file from a host; it gets its name once its SHA-256 is verified."""
    unfinished = local.with_name(f".{local.name}.{os.getpid()}.part")
    try:
        if not host.get_file(remote, str(unfinished), **connector_arguments(host)):
            return False
        with unfinished.open("rb") as stream:
            whole = hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        if whole:
            unfinished.replace(local)
        else:
            log_error(host, f"the download of {remote} is incomplete")
        return whole
    except CONNECTION_ERRORS as error:
        log_error(host, f"could not fetch {remote}: {error}")
        return False
    finally:
        unfinished.unlink(missing_ok=True)
