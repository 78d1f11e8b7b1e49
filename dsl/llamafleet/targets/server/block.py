"""The `llama-server` block: its keys, and what it is once checked."""

from __future__ import annotations

from collections.abc import Iterator

from ...dataclasses import dataclass, field
from ...fleet.model import NO_SPANS, Host, ListenAddress, Model, Spans
from ...fleet.schema.block import BlockSchema, Key
from ...fleet.schema.values import Choice, Integer, Listen, ListOf, Pattern, Reference
from ...fleet.service import Keys, ModelProcess, ModelServer
from ...source import Span
from ..process.unit_settings import UNIT_KEYS, UnitSettings

PER_GPU = "per-gpu"
ALL_GPUS = "all-gpus"
UNIT_NAME = Pattern(
    r"[A-Za-z0-9:_.@\-]+\.(service|socket|target|device|mount|automount|swap|path|timer|slice|scope)",
    'names of systemd units such as "nvidia-persistenced.service"',
)
DEFAULT_LISTEN = ListenAddress("127.0.0.1", 8081)

SCHEMA = BlockSchema(
    kind="llama-server",
    help="Processes of one model, each a systemd unit of its own; for example one for each GPU.",
    keys=(
        Key("host", Reference("host"), help="Host it runs on."),
        Key("hosts", ListOf(Reference("host")), help="Hosts it runs on, instead of host."),
        Key("build", Reference("build"), help="Build of llama.cpp that it runs."),
        Key("model", Reference("model"), required=True, help="Model it serves."),
        Key(
            "placement",
            Choice(PER_GPU, ALL_GPUS),
            default=ALL_GPUS,
            help="per-gpu: one process for each GPU of the model, or of the host if the model "
            "names none. all-gpus: processes that see all GPUs.",
        ),
        Key(
            "replicas",
            Integer(1, 256),
            default=1,
            help="Processes on each host, with all-gpus.",
        ),
        Key(
            "listen",
            Listen(),
            default=DEFAULT_LISTEN,
            help="Address and port of the first process; each further process takes the next port.",
            upstream="--host, --port",
        ),
        *UNIT_KEYS,
        Key(
            "requires",
            ListOf(UNIT_NAME),
            help="systemd units that must run before it starts.",
            upstream="Requires",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class LlamaServer:
    """A checked `llama-server` block."""

    name: str
    hosts: tuple[str, ...]
    build: str | None
    model: str
    per_gpu: bool
    replicas: int
    listen: ListenAddress
    unit_settings: UnitSettings
    requires: tuple[str, ...]
    origin: Span
    spans: Spans = field(default_factory=lambda: NO_SPANS)
    kind: str = "llama-server"

    @property
    def builds(self) -> tuple[str, ...]:
        """Return the build, if it needs one."""
        return (self.build,) if self.build else ()

    @property
    def models(self) -> tuple[str, ...]:
        """Return the one model."""
        return (self.model,)

    @property
    def keys(self) -> Keys:
        """Return those of the model; a file on the host may set one, too."""
        asks = self.unit_settings.environment_file is not None
        return Keys(asks, by_model=True, remedy="set api-key-file")

    @property
    def front(self) -> None:
        """It answers itself."""
        return None

    @property
    def server(self) -> ModelServer:
        """Processes of the one model that always run, each in a unit of its own."""
        return ModelServer(
            unit_settings=self.unit_settings,
            processes=self._processes,
            one_gpu_each=self.spans.get("placement", self.origin) if self.per_gpu else None,
            requires=self.requires,
        )

    def _processes(self, host: Host, model: Model) -> Iterator[ModelProcess]:
        for worker in workers(self, host, model):
            yield ModelProcess(worker.index, unit_name(self, worker), worker.devices)


@dataclass(frozen=True, slots=True)
class Worker:
    """One process on one host; `devices` None leaves all GPUs visible."""

    index: int
    port: int
    devices: tuple[int, ...] | None


def unit_name(service: LlamaServer, worker: Worker) -> str:
    """Return the name of a unit, such as `llama-server-worker-0.service`."""
    return f"llama-server-{service.name}-{worker.index}.service"


def workers(service: LlamaServer, host: Host, model: Model) -> Iterator[Worker]:
    """Yield the processes on one host, in the order of their ports."""
    if service.per_gpu:
        devices = model.gpus if model.gpus is not None else tuple(range(len(host.gpus)))
        for index, device in enumerate(devices):
            yield Worker(index, service.listen.port + index, (device,))
        return
    for index in range(service.replicas):
        yield Worker(index, service.listen.port + index, model.gpus)
