"""Exit codes that say whether everything was done."""

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
    """Refuse a run on no host at all, which pyinfra calls a success."""
    if initial_limit == [] or not len(inventory):
        why = "--limit and --exclude leave none" if len(inventory) else "the inventory has none"
        raise PyinfraError(f"no host to work on: {why}")
    original(self, inventory, config, initial_limit)


def matching_hosts(
    original: Callable[..., list[Host]], inventory: Any, patterns: Iterable[str], option: str
) -> list[Host]:
    """Refuse a pattern that matches nothing: a typo would leave out a host without a failure."""
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
    """Ask a person; a run that nobody confirms has done nothing, which is no success."""
    try:
        confirmed = original(message)
    except EOFError as error:
        raise PyinfraError(
            "nobody is there to answer: add -y to roll out, or --dry to only look"
        ) from error
    if not confirmed and message.startswith("Detected changes"):
        raise PyinfraError("not confirmed: nothing was changed")
    return confirmed


def run_no_wait_ops(original: Callable[..., None], state: State) -> None:
    """Work on every host at its own pace, and count those that fail as failed."""
    failed: set[Host] = set()

    def work(host: Host) -> None:
        try:
            operations._run_host_ops(state, host)
        except PyinfraError:  # said already
            failed.add(host)

    assert state.pool is not None
    hosts = tuple(state.inventory.get_active_hosts())
    running = {host: state.pool.spawn(work, host) for host in hosts}
    gevent.joinall(running.values())
    failed.update(host for host, each in running.items() if not each.successful())
    state.fail_hosts(failed)  # type: ignore[no-untyped-call]


INTERRUPTED = 128 + signal.SIGINT
"""The status that shells give to what Ctrl-C has ended."""


def interrupted(signum: int, frame: Any) -> None:
    """End a run that a person stops; Ctrl-C once more waits for no host to be left in order."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    print("stopped by Ctrl-C: run this again to finish what was begun", file=sys.stderr, flush=True)
    sys.exit(INTERRUPTED)
