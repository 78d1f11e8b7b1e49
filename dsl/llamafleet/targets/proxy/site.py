"""What a reverse proxy is told."""

from __future__ import annotations

from dataclasses import dataclass

from ...fleet.model import ListenAddress

MIB = 1024 * 1024
UNIT = "nginx.service"


@dataclass(frozen=True, slots=True)
class Site:
    """What a proxy is told, times in seconds; a missing `read_timeout` follows the endpoints."""

    name: str
    host: str
    listen: ListenAddress
    server_name: str
    balance: str
    keepalive: int
    client_max_body_size: int
    connect_timeout: int
    send_timeout: int
    read_timeout: int | None
    buffering: bool
    next_upstream: bool

    @property
    def group(self) -> str:
        """nginx's name of the group; a prefix keeps it apart from those of other files."""
        return f"llamafleet-{self.name}"
