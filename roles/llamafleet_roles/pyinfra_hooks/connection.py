"""SSH connections that end when the host no longer answers."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import gevent
from paramiko import SSHException, Transport
from pyinfra import logger
from pyinfra.api.host import Host
from pyinfra.connectors.ssh import SSHConnector
from pyinfra.connectors.sshuserclient.client import SSHClient

KEEPALIVE_INTERVAL = 5
"""Seconds without a packet after which a keepalive is sent."""

KEEPALIVE_TIMEOUT = 60
"""Seconds without an answer after which the connection is closed."""

CONNECTION_ERRORS = (TimeoutError, OSError, SSHException, EOFError)
"""The exceptions that paramiko and pyinfra raise when a connection ends during an operation."""


def connect_client(original: Callable[..., None], self: SSHClient, *args: Any, **kw: Any) -> None:
    """Connect to a host or a jump host, with timeouts for channels and for the socket."""
    original(self, *args, **kw)
    transport: Any = self.get_transport()
    if transport is not None:
        transport.channel_timeout = KEEPALIVE_TIMEOUT
        set_socket_options(transport.sock)


def set_socket_options(sock: Any) -> None:
    """Disable Nagle's algorithm, and let the kernel close a dead connection (tcp(7))."""
    if not isinstance(sock, socket.socket):  # behind a jump host, or a ProxyCommand
        return
    # paramiko leaves Nagle's algorithm on, which costs 40 ms with every command.
    options = [(socket.IPPROTO_TCP, "TCP_NODELAY", 1), (socket.SOL_SOCKET, "SO_KEEPALIVE", 1)]
    options += [
        (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 15),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 15),
        (socket.IPPROTO_TCP, "TCP_KEEPCNT", KEEPALIVE_TIMEOUT // 15),
        (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", KEEPALIVE_TIMEOUT * 1000),
    ]
    for level, name, value in options:
        option = getattr(socket, name, None)  # macOS lacks some
        if option is not None:
            sock.setsockopt(level, option, value)


def connect_host(original: Callable[..., None], self: SSHConnector) -> None:
    """Connect to a host of the inventory, and monitor the connection from then on."""
    original(self)
    transport = self.client.get_transport() if self.client else None
    if transport is not None:
        host = self.host
        gevent.spawn(monitor, transport, lambda: _give_up(host, transport))


def _give_up(host: Host, transport: Transport) -> None:
    message = f"no answer for {KEEPALIVE_TIMEOUT} s: closing the connection"
    host.log_styled(message, fg="red", log_func=logger.error)
    transport.close()


def monitor(transport: Transport, give_up: Callable[[], None]) -> None:
    """Send keepalives to a silent host; call `give_up` after KEEPALIVE_TIMEOUT seconds.

    Every packet counts as an answer: on a slow line much may be queued before the reply.
    """
    heard = _listen(transport)
    silent, asking = 0, None
    while transport.is_active():
        gevent.sleep(KEEPALIVE_INTERVAL)
        # Counted in sleeps, not by the clock: while this machine was suspended, nothing was sent.
        silent = 0 if heard() else silent + KEEPALIVE_INTERVAL
        if silent >= KEEPALIVE_TIMEOUT:
            give_up()
            return
        if silent and (asking is None or asking.ready()):
            asking = gevent.spawn(_ask, transport)


def _listen(transport: Transport) -> Callable[[], bool]:
    """Return a function that returns True if a packet has arrived since its last call."""
    packetizer: Any = transport.packetizer
    read = packetizer.read_message
    arrived = [True]

    def noted() -> Any:
        message = read()
        arrived[0] = True
        return message

    def heard() -> bool:
        found, arrived[0] = arrived[0], False
        return found

    packetizer.read_message = noted
    return heard


def _ask(transport: Transport) -> None:
    try:
        transport.global_request("keepalive@openssh.com", wait=True)
    except CONNECTION_ERRORS:
        return  # the connection has ended meanwhile


def is_cut_off(host: Host) -> bool:
    """Return True if a host's SSH connection has ended.

    A command then has no exit status, and no output.
    """
    client = getattr(host.connector, "client", None)
    transport = client.get_transport() if client else None
    return transport is not None and not transport.is_active()
