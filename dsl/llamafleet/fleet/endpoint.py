"""Addresses that services listen on, and how they are reached."""

from __future__ import annotations

from ..dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """An address to listen on, `0.0.0.0:8080` or `[::]:8080`; `host` has no brackets."""

    host: str
    port: int

    @property
    def everywhere(self) -> bool:
        """Return True if it accepts connections on every address of the host."""
        return self.host in ("", "0.0.0.0", "::", "*")

    @property
    def loopback(self) -> bool:
        """Return True if only the host itself can connect."""
        return self.host == "localhost" or self.host == "::1" or self.host.startswith("127.")

    @property
    def reached_at(self) -> str:
        """Return the address at which the machine itself connects."""
        return "127.0.0.1" if self.everywhere else self.host

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that answers HTTP for a service, as its own host sees it (`listen`).

    Targets meet here and nowhere else: whoever runs processes offers endpoints, and a proxy
    consumes them. `host` is the fleet's name of the machine; `address` is how other machines reach
    it. `models` are the ids that it lists. `cold_start` is how long, in seconds, a request may wait
    for a model to be loaded before it is served; 0 where a process answers only once it has its
    model. `key` names the environment variable that holds a key for it, if it asks for one, and
    `key_file` the file on its host that sets it. `api` is the kind of service that answers, whose
    paths begin with `prefix`; `health` is the path that says whether the process is ready.
    """

    service: str
    host: str
    address: str
    listen: ListenAddress
    process: str
    slots: int = 1
    models: tuple[str, ...] = ()
    cold_start: int = 0
    key: str | None = None
    key_file: str | None = None
    api: str = "llama-server"
    prefix: str = ""
    health: str = "/health"

    def reached_from(self, host: str) -> str:
        """Return the address that a process on `host` connects to."""
        if host == self.host:
            return self.listen.reached_at
        return self.address if self.listen.everywhere else self.listen.host
