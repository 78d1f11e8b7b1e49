"""Exit codes that tell whether everything was done."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any

import gevent
from pyinfra.api import operations
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.state import State


def init_state(
    original: Callable[..., None],
    self: State,
    inventory: Any,
    config: Any,
    initial_limit: list[Host] | None = None,
) -> None:
    """Raise PyinfraError for a run without hosts, which pyinfra counts as a success."""
    if initial_limit == [] or not len(inventory):
        reason = "--limit and --exclude leave none" if len(inventory) else "the inventory has none"
        raise PyinfraError(f"no host to work on: {reason}")
    original(self, inventory, config, initial_limit)


def matching_hosts(
    original: Callable[..., list[Host]], inventory: Any, patterns: Iterable[str], option: str
) -> list[Host]:
    """Raise PyinfraError for a pattern that matches nothing: a typo would silently skip a host."""
    found: list[Host] = []
    for pattern in patterns:
        hosts = original(inventory, [pattern], option)
        if not hosts:
            names = ", ".join(sorted(host.name for host in inventory)) or "no hosts"
            raise PyinfraError(
                f"{option} {pattern} matches no host and no group: the inventory has {names}"
            )
        found.extend(hosts)
    return list(dict.fromkeys(found))


def confirm(original: Callable[[str], bool], message: str) -> bool:
    """Ask for confirmation; raise PyinfraError if the run is not confirmed."""
    try:
        confirmed = original(message)
    except EOFError as error:
        raise PyinfraError(
            "cannot ask for confirmation here: add -y to roll out, or --dry to preview"
        ) from error
    if not confirmed and message.startswith("Detected changes"):
        raise PyinfraError("not confirmed: nothing was changed")
    return confirmed


def run_no_wait_ops(original: Callable[..., None], state: State) -> None:
    """Run the operations of every host at its own pace, and mark hosts that fail as failed."""
    failed: set[Host] = set()

    def work(host: Host) -> None:
        try:
            operations._run_host_ops(state, host)
        except PyinfraError:  # reported already
            failed.add(host)

    assert state.pool is not None
    hosts = tuple(state.inventory.get_active_hosts())
    running = {host: state.pool.spawn(work, host) for host in hosts}
    gevent.joinall(running.values())
    failed.update(host for host, each in running.items() if not each.successful())
    state.fail_hosts(failed)  # type: ignore[no-untyped-call]


INTERRUPTED = 128 + signal.SIGINT
"""The exit status of a program that was ended by Ctrl-C, as shells report it."""


def interrupted(signum: int, frame: Any) -> None:
    """End a run on Ctrl-C; a second Ctrl-C exits at once, without disconnecting from hosts."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    print("stopped by Ctrl-C: run this again to finish", file=sys.stderr, flush=True)
    sys.exit(INTERRUPTED)
