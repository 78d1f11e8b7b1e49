"""Commands that the roles' operations yield: run a script on the host, or refuse with a message."""

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

from llamafleet_roles.pyinfra_hooks.connection import LOST, is_cut_off
from llamafleet_roles.pyinfra_hooks.silence import (
    COMMAND_SILENCE,
    CommandSilentError,
    SilenceTimeout,
)


def connector_arguments(host: Host) -> dict[str, Any]:
    """How the operation at work wants its commands run: sudo, shell, environment."""
    given: dict[str, Any] = dict(host.current_op_global_arguments or {})
    return {key: given[key] for key in CONNECTOR_ARGUMENT_KEYS if key in given}


def run_command(
    state: State, host: Host, command: str, *, stdin: str | None = None, show: bool = False
) -> tuple[bool, CommandOutput]:
    """Run a shell command now. `show` prints its output line by line as it arrives.

    `stdin` is how secrets and bundles travel: it is on no command line and in no log. A command may
    take as long as it needs, as long as it says something every COMMAND_SILENCE seconds.
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
        log_error(host, f"a command hangs on this host ({error}): look there, then run this again")
        return False, CommandOutput([])
    except LOST as error:
        log_error(host, f"lost the host in the middle of a command ({error}): run this again")
        return False, CommandOutput([])
    if not done and is_cut_off(host):
        log_error(host, "lost the host in the middle of a command: run this again")
    return done, output


def log_error(host: Host, message: str) -> None:
    """Print an error for one host."""
    for line in message.splitlines():
        host.log_styled(line, fg="red", log_func=logger.error)


def _run_script(state: State, host: Host, command: str, stdin: str | None, show: bool) -> bool:
    done, output = run_command(state, host, command, stdin=stdin, show=show)
    if not done and not (show or state.print_output):
        print_host_combined_output(host, output)
    return done


def shell_step(command: str, *, stdin: str | None = None, show: bool = True) -> FunctionCommand:
    """A command whose output is for the user: shown as it arrives, or only when it fails."""
    return FunctionCommand(_run_script, (command, stdin, show), {})


def python_step(function: Callable[..., bool], *arguments: Any) -> FunctionCommand:
    """A Python step: `function(state, host, ...)`; False fails the host, and only this host."""
    return FunctionCommand(function, arguments, {})


def _fail(state: State, host: Host, message: str) -> bool:
    log_error(host, message)
    return False


def fail_host(message: str) -> FunctionCommand:
    """A command that fails this host with a message.

    Raising inside an operation would stop the run on every host. While changes are only being
    looked for nothing is executed, so the message is printed at once.
    """
    if not current_state.is_executing:
        log_error(current_host, message)
    return fail_at_run(message)


def fail_at_run(message: str) -> FunctionCommand:
    """The same, silent beforehand: an earlier step of the run may well change what is wrong."""
    return FunctionCommand(_fail, (message,), {})


def log_planned(line: str) -> None:
    """Say what would be done, while changes are being looked for; the steps say it later."""
    if not current_state.is_executing:
        current_host.log(line)


def command_line(*arguments: str) -> str:
    """A shell command line from its arguments, each quoted."""
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
    echo "$2 did not arrive whole: run this again" >&2
    exit 1
}
mv -fT -- "$2.part" "$2"
"""


def upload(state: State, host: Host, local: Path, remote: str, sha256: str, what: str) -> bool:
    """Bring a file to a host, unless it is there; it gets its name once it is verified."""
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
    except LOST as error:
        log_error(host, f"could not upload {what}: {error}")
        return False
    return done and _run_script(
        state, host, command_line("sh", "-c", _ACCEPT, "accept", sha256, remote), None, False
    )


def fetch(state: State, host: Host, remote: str, local: Path, sha256: str) -> bool:
    """Bring a file from a host to the controller; it gets its name once it is whole."""
    unfinished = local.with_name(f".{local.name}.{os.getpid()}.part")
    try:
        if not host.get_file(remote, str(unfinished), **connector_arguments(host)):
            return False
        with unfinished.open("rb") as stream:
            whole = hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        if whole:
            unfinished.replace(local)
        else:
            log_error(host, f"{remote} did not arrive whole")
        return whole
    except LOST as error:
        log_error(host, f"could not fetch {remote}: {error}")
        return False
    finally:
        unfinished.unlink(missing_ok=True)
