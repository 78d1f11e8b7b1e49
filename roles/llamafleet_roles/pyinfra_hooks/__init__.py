"""Every hook into pyinfra, paramiko and gevent, in one place.

pyinfra 3.10 waits for ever for a host that has gone silent, and ends with 0 where nothing or not
all was done. config.py installs what changes that, before pyinfra connects to anything. Nothing
here limits how long a command may work: a host must only show that it is there, and a command must
say something from time to time, as those that take long do (files/follow.sh, packages.py).
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any

from pyinfra.api import operations
from pyinfra.api.state import State
from pyinfra.connectors import ssh, util
from pyinfra.connectors.sshuserclient.client import SSHClient

from llamafleet_roles.pyinfra_hooks.connection import connect_client, connect_host
from llamafleet_roles.pyinfra_hooks.exit_codes import (
    confirm,
    init_state,
    interrupted,
    matching_hosts,
    run_no_wait_ops,
)
from llamafleet_roles.pyinfra_hooks.silence import BoundedSFTPClient, read_output, write_input


def install() -> None:
    """Put the hooks in place; once is enough, and again does no harm."""
    if getattr(SSHClient.connect, "of_llamafleet", False):
        return
    _replace(SSHClient, "connect", connect_client)
    _replace(ssh.SSHConnector, "connect", connect_host)
    _replace(ssh, "read_output_buffers", read_output)
    _replace(util, "read_output_buffers", read_output)
    _replace(ssh, "write_stdin", write_input)
    setattr(ssh, "SFTPClient", BoundedSFTPClient)  # noqa: B010 (mypy: it is not exported)
    _replace(State, "init", init_state)
    _replace(operations, "_run_no_wait_ops", run_no_wait_ops)
    # The command line; whoever uses pyinfra as a library has none.
    command_line = sys.modules.get("pyinfra_cli.cli")
    if command_line is not None:
        _replace(command_line, "_get_inventory_pattern_matches", matching_hosts)
        _replace(command_line, "_do_confirm", confirm)
        signal.signal(signal.SIGINT, interrupted)


def _replace(owner: Any, name: str, hook: Callable[..., Any]) -> None:
    """Put `hook(original, ...)` in the place of a function."""
    original = getattr(owner, name)

    def hooked(*args: Any, **kwargs: Any) -> Any:
        return hook(original, *args, **kwargs)

    hooked.of_llamafleet = True  # type: ignore[attr-defined]
    setattr(owner, name, hooked)
