"""The `llama-swap` block: its keys, and what it is once checked."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...fleet.matrix import Matrix
from ...fleet.model import NO_SPANS, ListenAddress, Spans
from ...language.source import Span
from ...schema.block import BlockSchema, Key
from ...schema.core import MATRIX, SHA256
from ...schema.values import (
    Choice,
    Duration,
    Integer,
    Listen,
    ListOf,
    Pattern,
    Reference,
    Switch,
)
from ..process.unit import RUNNING_KEYS, Running
from .config import Settings

DEFAULT_LISTEN = ListenAddress("127.0.0.1", 8080)
DEFAULT_VERSION = "v250"
RELEASE = Pattern(r"v[0-9]{1,5}", 'a release in quotes such as "v250"')
SHORTEST_HEALTH_CHECK = 15_000  # llama-swap raises what is shorter without a word

SCHEMA = BlockSchema(
    kind="llama-swap",
    help="One endpoint for many models: each is loaded when it is asked for.",
    keys=(
        Key("host", Reference("host"), "The machine it runs on.", required=True),
        Key("build", Reference("build"), "The llama.cpp that serves its models."),
        Key("version", RELEASE, "The release of llama-swap.", default=DEFAULT_VERSION),
        Key("sha256", SHA256, "Checksum of its archive, where llamafleet does not know it."),
        Key("listen", Listen(), "Where it listens.", default=DEFAULT_LISTEN, upstream="-listen"),
        Key("models", ListOf(Reference("model")), "What it serves, in order.", required=True),
        Key(
            "start-port",
            Integer(1, 65535),
            "Port of the first model's server, the next one's follows; by default the first free "
            "ones from 5800 on.",
        ),
        Key(
            "health-check-timeout",
            Duration(SHORTEST_HEALTH_CHECK),
            "How long a model may take to load.",
            default=120_000,
            upstream="healthCheckTimeout",
        ),
        Key(
            "global-ttl",
            Duration(),
            "Unload models that set no ttl after this time without a request; by default never.",
            upstream="globalTTL",
        ),
        Key(
            "unload-timeout",
            Duration(1000),
            "How long a model that is unloaded may take to stop.",
            upstream="unloadTimeout",
        ),
        Key(
            "log-level",
            Choice("debug", "info", "warn", "error"),
            "How much it logs.",
            default="info",
            upstream="logLevel",
        ),
        Key(
            "send-loading-state",
            Switch(),
            "Tell the client about the load, in the stream's reasoning.",
            default=False,
            upstream="sendLoadingState",
        ),
        Key(
            "include-aliases-in-list",
            Switch(),
            "List aliases as models, too.",
            default=False,
            upstream="includeAliasesInList",
        ),
        Key(
            "watch-config",
            Switch(),
            "Reload when the file changes; any reload restarts every model.",
            default=False,
            upstream="-watch-config",
        ),
        *RUNNING_KEYS,
    ),
    blocks=(MATRIX,),
)


@dataclass(frozen=True, slots=True)
class LlamaSwap:
    """A checked `llama-swap` block. `first_port` is that of the first model's server."""

    name: str
    host: str
    build: str | None
    version: int
    sha256: str | None
    listen: ListenAddress
    models: tuple[str, ...]
    first_port: int
    global_ttl: int
    settings: Settings
    watch_config: bool
    matrix: Matrix | None
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
