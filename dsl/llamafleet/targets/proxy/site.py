"""The settings of a reverse proxy."""

from __future__ import annotations

from ...dataclasses import dataclass
from ...fleet.model import ListenAddress
from .settings import DirectiveLine

UNIT = "nginx.service"
BELOW = "/*"
"""How a path ends that stands for everything below it; alone, it is every path."""


@dataclass(frozen=True, slots=True)
class Site:
    """The settings of one proxy, times in seconds.

    `settings` are directives of the server that only pass through. A missing `read_timeout` follows
    the endpoints, a missing `connect_timeout` their number. `expose` are paths that pass besides
    the inference API; one that ends with `/*` stands for everything below it.
    """

    name: str
    host: str
    listen: ListenAddress
    server_name: str
    balance: str
    keepalive: int
    settings: tuple[DirectiveLine, ...]
    connect_timeout: int | None
    read_timeout: int | None
    next_upstream: bool
    expose: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """Return nginx's name of the group; a prefix keeps it apart from those of other files."""
        return f"llamafleet-{self.name}"

    @property
    def exposes_everything(self) -> bool:
        """Return True if every path passes."""
        return BELOW in self.expose

    @property
    def all_of_them(self) -> str:
        """Return the group of the same processes that remembers no failures."""
        return f"{self.group}-search"

    def variable(self, word: str) -> str:
        """Return a name of a variable of this file alone; nginx takes letters, digits and `_`.

        What else a name has becomes its number between underscores, so that no two names meet.
        """
        own = "".join(
            char if char.isdigit() or "a" <= char <= "z" else f"_{ord(char):02x}_"
            for char in self.name
        )
        return f"llamafleet_{word}_{own}"
