"""What a `llama-swap` block is once checked."""

from __future__ import annotations

from ...dataclasses import dataclass, field
from ...fleet.matrix import Matrix
from ...fleet.model import NO_SPANS, ListenAddress, Spans
from ...source import Span
from ..process.running import Running
from .routes import Routes
from .schema import DEFAULT_LISTEN, DEFAULT_VERSION, SCHEMA
from .settings import Settings

__all__ = ["DEFAULT_LISTEN", "DEFAULT_VERSION", "SCHEMA", "LlamaSwap"]


@dataclass(frozen=True, slots=True)
class LlamaSwap:
    """A checked `llama-swap` block. `ports` are those of the models' servers, in their order."""

    name: str
    host: str
    build: str | None
    version: int
    sha256: str | None
    listen: ListenAddress
    models: tuple[str, ...]
    ports: tuple[int, ...]
    global_ttl: int
    settings: Settings
    watch_config: bool
    matrix: Matrix | None
    routes: Routes
    running: Running
    origin: Span
    spans: Spans = field(default_factory=lambda: NO_SPANS)
    kind: str = "llama-swap"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The one machine."""
        return (self.host,)

    @property
    def builds(self) -> tuple[str, ...]:
        """The build, if its models need one."""
        return (self.build,) if self.build else ()

    @property
    def unit(self) -> str:
        """`llama-swap-voice.service`."""
        return f"llama-swap-{self.name}.service"
