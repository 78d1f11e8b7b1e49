"""Connections that end when the host at the other end has gone silent."""

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

ASK_AFTER = 5
"""Seconds without a packet after which a host is asked whether it is there."""

PATIENCE = 60
"""Seconds after which a host that answers nothing is given up."""

LOST = (TimeoutError, OSError, SSHException, EOFError)
"""What paramiko and pyinfra raise where a connection ends in the middle of something."""


def connect_client(original: Callable[..., None], self: SSHClient, *args: Any, **kw: Any) -> None:
    """Connect to a host, or to one that is jumped over on the way to it."""
    original(self, *args, **kw)
    transport: Any = self.get_transport()
    if transport is not None:
        transport.channel_timeout = PATIENCE
        set_socket_options(transport.sock)


def set_socket_options(sock: Any) -> None:
    """Send at once, and have the kernel end a connection of which nothing arrives any more."""
    if not isinstance(sock, socket.socket):  # behind a jump host, or a ProxyCommand
        return
    # paramiko leaves Nagle's algorithm on, which costs 40 ms with every command.
    options = [(socket.IPPROTO_TCP, "TCP_NODELAY", 1), (socket.SOL_SOCKET, "SO_KEEPALIVE", 1)]
    options += [
        (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 15),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 15),
        (socket.IPPROTO_TCP, "TCP_KEEPCNT", PATIENCE // 15),
        (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", PATIENCE * 1000),
    ]
    for level, name, value in options:
        option = getattr(socket, name, None)  # macOS lacks some
        if option is not None:
            sock.setsockopt(level, option, value)


def connect_host(original: Callable[..., None], self: SSHConnector) -> None:
    """Connect to a host of the inventory, and watch the connection from then on."""
    original(self)
    transport = self.client.get_transport() if self.client else None
    if transport is not None:
        host = self.host
        gevent.spawn(watch, transport, lambda: _give_up(host, transport))


def _give_up(host: Host, transport: Transport) -> None:
    message = f"has not answered for {PATIENCE} s: the connection is given up"
    host.log_styled(message, fg="red", log_func=logger.error)
    transport.close()


def watch(transport: Transport, give_up: Callable[[], None]) -> None:
    """Ask a silent host whether it is there, and call `give_up` once it does not answer.

    Everything that arrives counts as an answer: on a slow line much may lie before the question.
    """
    heard = _listen(transport)
    silent, asking = 0, None
    while transport.is_active():
        gevent.sleep(ASK_AFTER)
        # Counted in naps, not by the clock: while this machine slept or was busy, nobody was asked.
        silent = 0 if heard() else silent + ASK_AFTER
        if silent >= PATIENCE:
            give_up()
            return
        if silent and (asking is None or asking.ready()):
            asking = gevent.spawn(_ask, transport)


def _listen(transport: Transport) -> Callable[[], bool]:
    """Return a function that says whether a packet has arrived since it was called last."""
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
    except LOST:
        return  # the connection has ended meanwhile


def is_cut_off(host: Host) -> bool:
    """Return True if a host's SSH connection has ended.

    A command then has no exit status, and no output.
    """
    client = getattr(host.connector, "client", None)
    transport = client.get_transport() if client else None
    return transport is not None and not transport.is_active()
