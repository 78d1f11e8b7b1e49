"""Timeouts for commands and transfers that produce no output any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import gevent
from paramiko import SFTPClient, Transport
from pyinfra.connectors.util import CommandOutput

PROBE_SILENCE = 300
"""Seconds that a fact may take until its first or next line of output."""

COMMAND_SILENCE = 900
"""Seconds that any other command may take until its first or next line of output."""


class SilenceTimeout(int):
    """A timeout in seconds that restarts with every line of output."""


class CommandSilentError(TimeoutError):
    """A command printed nothing for too long; the message says for how long."""


def read_output(
    original: Callable[..., CommandOutput],
    stdout: Any,
    stderr: Any,
    timeout: int | None,
    print_output: bool,
    print_prefix: str,
) -> CommandOutput:
    """Read the output of a command; a plain int as `timeout` limits the total time, as in pyinfra.

    Commands on this machine (@local) have no limit: the user can press Ctrl-C.
    """
    if timeout is not None and not isinstance(timeout, SilenceTimeout):
        return original(stdout, stderr, timeout, print_output, print_prefix)
    if not hasattr(stdout, "channel"):
        return original(stdout, stderr, None, print_output, print_prefix)
    limit = PROBE_SILENCE if timeout is None else int(timeout)
    lines = [0]

    def counted(stream: Iterable[Any]) -> Iterator[Any]:
        for line in stream:
            lines[0] += 1
            yield line

    reading = gevent.spawn(
        original, counted(stdout), counted(stderr), None, print_output, print_prefix
    )
    while not reading.ready():
        before = lines[0]
        reading.join(limit)
        if not reading.ready() and lines[0] == before:
            stdout.channel.close()  # which ends the two readers
            reading.kill()
            raise CommandSilentError(f"no output for {limit} s")
    output: CommandOutput = reading.get()
    return output


def write_input(original: Callable[..., None], stdin: Any, stream: Any) -> None:
    """Write a command's standard input, within COMMAND_SILENCE seconds."""
    with gevent.Timeout(
        COMMAND_SILENCE, CommandSilentError(f"its input was not read for {COMMAND_SILENCE} s")
    ):
        original(stdin, stream)


class BoundedSFTPClient(SFTPClient):
    """File transfers in which every request has a timeout."""

    @classmethod
    def from_transport(
        cls, t: Transport, window_size: int | None = None, max_packet_size: int | None = None
    ) -> BoundedSFTPClient | None:
        """Open an SFTP channel on a connection; return None if it is refused."""
        client = super().from_transport(t, window_size, max_packet_size)
        channel = client.get_channel() if client else None
        if channel is not None:
            channel.settimeout(PROBE_SILENCE)
        return client
