"""The listening socket."""

from __future__ import annotations

import socket
import threading
import time
from http.server import ThreadingHTTPServer

from .handler import Handler
from .router import Router


class Server(ThreadingHTTPServer):
    """The listening socket; `router` is replaced when a config is reloaded."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: str, router: Router) -> None:
        host, port = _split_address(address)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.router = router
        self.active = 0
        self.lines: list[str] = []
        self.counting = threading.Lock()
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        """Take IPv4 connections too when listening on `::`."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.socket.bind(self.server_address)
        except OSError as error:
            where = ":".join(str(each) for each in self.server_address[:2])
            reason = (error.strerror or str(error)).lower()
            raise OSError(f"listen tcp {where}: bind: {reason}") from error

    def drain(self, seconds: float) -> None:
        """Wait until no request is being answered."""
        deadline = time.monotonic() + seconds
        while self.active and time.monotonic() < deadline:
            time.sleep(0.02)


def _split_address(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon:
        raise OSError(f"listen tcp: address {address}: missing port in address")
    if not port.isdigit():
        raise OSError(f"listen tcp: lookup tcp/{port}: unknown port")
    if int(port) > 65535:
        raise OSError(f"listen tcp: address {port}: invalid port")
    return host.strip("[]") or "::", int(port)
