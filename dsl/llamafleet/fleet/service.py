"""The abilities of a service, whatever program it runs.

Rules, memory, pictures and plans ask these questions, and never which target a service is of: a
new target is seen everywhere once it answers them. What a service does not do is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from ..dataclasses import dataclass
from ..source import Span
from .endpoint import ListenAddress
from .matrix_expression import Node, One, Together

if TYPE_CHECKING:
    from .declared import Host, Model
    from .schema.values import Named

ALWAYS = "always"
"""The name of the set of models that a service keeps running."""

GROUPS = "groups"
"""The name of what groups let stand together; it has no other."""

EVERYTHING = "/*"
"""The end of a path that stands for everything below it; alone, it is every path."""


@dataclass(frozen=True, slots=True)
class UnitSettings:
    """Settings of a service's systemd units; `restart_sec` is in seconds."""

    user: str
    group: str | None
    restart: str
    restart_sec: int
    environment_file: str | None


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit in seconds, the key that sets it, and the place where it is or could be set."""

    seconds: int
    key: str
    origin: Span


@dataclass(frozen=True, slots=True)
class Front:
    """The proxying of requests to another service, `upstream`.

    `expose` are the paths that pass besides the inference API (`EVERYTHING` for all below one),
    written at `exposed_at`. `read_timeout` is how long the service behind may be silent; None if
    that follows what the service behind allows itself.
    """

    upstream: Named
    read_timeout: Limit | None = None
    expose: tuple[str, ...] = (EVERYTHING,)
    exposed_at: Span | None = None

    @property
    def exposes_everything(self) -> bool:
        """Return True if every path passes."""
        return EVERYTHING in self.expose


@dataclass(frozen=True, slots=True)
class Keys:
    """The API keys that a service asks its callers for.

    `asks` is True if it does, or if it may: nobody knows what its environment file sets.
    `by_model` is True if the servers of its models answer callers themselves, and may have keys of
    their own. `remedy` is the text of a hint: how to make the service ask.
    """

    asks: bool = False
    by_model: bool = False
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ModelProcess:
    """One process of a model on one host.

    `unit` is the systemd unit that it runs in, `index` its number among the model's processes
    there. `devices` are the indices of the GPUs that it sees; None for all of the host's.
    """

    index: int
    unit: str
    devices: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class ModelServer:
    """The model servers of a service.

    `processes` gives those of one model on one host, `together` each set of models that may be in
    memory at a time, as a name and an expression without references; None if all of them may.
    `swaps` is True if models are loaded on request rather than kept running. `load` limits the
    loading of a model that a request waits for; `says_loading` is True if something is sent
    meanwhile. `one_gpu_each` is where it is written that each process gets one GPU of its own.
    `requires` are units that must run before it does.
    """

    unit_settings: UnitSettings
    processes: Callable[[Host, Model], Iterator[ModelProcess]]
    together: Callable[[], Iterable[tuple[str, Node]]] | None = None
    swaps: bool = False
    load: Limit | None = None
    says_loading: bool = False
    one_gpu_each: Span | None = None
    requires: tuple[str, ...] = ()


class Service(Protocol):
    """A lowered service block; each target defines its own frozen dataclass."""

    @property
    def kind(self) -> str:
        """Return the block's kind: `llama-swap`, `llama-server`, `nginx`."""

    @property
    def name(self) -> str:
        """Return the block's label, unique over the services of a fleet."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return names of the machines it runs on."""

    @property
    def builds(self) -> tuple[str, ...]:
        """Return names of the llama.cpp builds it runs."""

    @property
    def models(self) -> tuple[str, ...]:
        """Return names of the models it serves."""

    @property
    def origin(self) -> Span:
        """Return the span of the block's header."""

    @property
    def spans(self) -> Mapping[str, Span]:
        """Return the spans of the values of its keys, for keys that were written."""

    @property
    def listen(self) -> ListenAddress:
        """Return the address of the service, or that of its first process."""

    @property
    def keys(self) -> Keys:
        """Return the API keys that it asks callers for."""

    @property
    def front(self) -> Front | None:
        """Return how it passes requests on; None if it answers them itself."""

    @property
    def server(self) -> ModelServer | None:
        """Return how it runs models.

        None if it runs none. For a service that has `models`, None means that nobody knows what
        they take: its memory is not counted, and `vram-unknown` says so.
        """


def sets_of(service: Service) -> Iterator[tuple[str, Node]]:
    """Yield each set of models that a service may have in memory at a time, with its name."""
    if service.server is not None and service.server.together is not None:
        yield from service.server.together()
    elif service.models:
        yield ALWAYS, Together(tuple(One(name, name) for name in service.models))


def swaps(service: Service) -> bool:
    """Return True if a service loads models on request, and does not just keep them running."""
    return service.server is not None and service.server.swaps


def row_behind(
    service: Service, services: Mapping[str, Service]
) -> tuple[tuple[Service, ...], bool]:
    """Return a service with all that it passes requests to, one after the other.

    The second value is True if the last of them answers requests itself; it is False if its
    upstream does not exist, or if requests come back to where they were.
    """
    row = [service]
    while (front := row[-1].front) is not None:
        behind = services.get(front.upstream.text)
        if behind is None or any(behind is each for each in row):
            return tuple(row), False
        row.append(behind)
    return tuple(row), True
