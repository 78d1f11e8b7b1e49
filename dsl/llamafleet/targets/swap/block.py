"""A checked `llama-swap` block."""

from __future__ import annotations

from collections.abc import Iterator

from ...dataclasses import dataclass, field
from ...fleet.discover_block import Discover
from ...fleet.matrix import Matrix
from ...fleet.model import NO_SPANS, Fleet, Host, ListenAddress, Model, Spans
from ...fleet.service import Keys, Limit, ModelProcess, ModelServer
from ...source import Span
from ..process.unit_settings import UnitSettings
from .routes import Routes
from .schema import DEFAULT_LISTEN, DEFAULT_VERSION, SCHEMA
from .settings import Settings
from .together import together

__all__ = ["DEFAULT_LISTEN", "DEFAULT_VERSION", "SCHEMA", "LlamaSwap", "llama_swaps"]


@dataclass(frozen=True, slots=True)
class LlamaSwap:
    """A checked `llama-swap` block. `ports` are those of the models' servers, in their order.

    `discover` are the folders whose files are served besides, `discovered` the models from there.
    """

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
    unit_settings: UnitSettings
    origin: Span
    spans: Spans = field(default_factory=lambda: NO_SPANS)
    kind: str = "llama-swap"
    discover: tuple[Discover, ...] = ()
    discovered: tuple[str, ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the one machine."""
        return (self.host,)

    @property
    def builds(self) -> tuple[str, ...]:
        """Return the build, if its models need one."""
        return (self.build,) if self.build else ()

    @property
    def unit(self) -> str:
        """Return the name of its unit, such as `llama-swap-voice.service`."""
        return f"llama-swap-{self.name}.service"

    @property
    def keys(self) -> Keys:
        """Return its own; the keys of its models' servers are for itself alone."""
        asks = bool(self.settings.api_key_env) or "apiKeys" in self.settings.pass_through
        return Keys(asks, remedy='add api-key-env = ["NAME"]')

    @property
    def front(self) -> None:
        """It answers itself."""
        return None

    @property
    def server(self) -> ModelServer:
        """Return a process of each model, loaded on request; all of them are in its own unit."""
        key = "health-check-timeout"
        seconds = self.settings.health_check_timeout
        return ModelServer(
            unit_settings=self.unit_settings,
            processes=self._processes,
            together=lambda: together(self.models, self.matrix, self.routes.groups),
            swaps=True,
            load=Limit(seconds, key, self.spans.get(key, self.origin)),
            says_loading=self.settings.send_loading_state,
        )

    def _processes(self, host: Host, model: Model) -> Iterator[ModelProcess]:
        if host.name == self.host:
            yield ModelProcess(0, self.unit, model.gpus)


def llama_swaps(fleet: Fleet) -> tuple[LlamaSwap, ...]:
    """Return the llama-swaps of a fleet, for what only llama-swap has, such as preloading."""
    return tuple(each for each in fleet.services.values() if isinstance(each, LlamaSwap))
