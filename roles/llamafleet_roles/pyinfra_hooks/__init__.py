"""Every hook into pyinfra, paramiko and gevent, in one place.

pyinfra 3.10 waits for ever for a host that does not answer, and exits with 0 when nothing, or not
everything, was done. `site.configure` installs these hooks before pyinfra connects. They do not
limit how long a command may run: a host must answer keepalives, and a command must print something
from time to time, as the long ones do (files/follow.sh, packages/).
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
    """Install the hooks; a second call has no effect."""
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
    # The command line is not loaded if pyinfra is used as a library.
    command_line = sys.modules.get("pyinfra_cli.cli")
    if command_line is not None:
        _replace(command_line, "_get_inventory_pattern_matches", matching_hosts)
        _replace(command_line, "_do_confirm", confirm)
        signal.signal(signal.SIGINT, interrupted)


def _replace(owner: Any, name: str, hook: Callable[..., Any]) -> None:
    """Replace a function by `hook(original, ...)`."""
    original = getattr(owner, name)

    def hooked(*args: Any, **kwargs: Any) -> Any:
        return hook(original, *args, **kwargs)

    hooked.of_llamafleet = True  # type: ignore[attr-defined]
    setattr(owner, name, hooked)
