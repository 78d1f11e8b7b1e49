"""llama-server as a service: processes of one model, each a systemd unit with a port of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..backends import Backend, backend
from ..fleet.model import (
    NO_SPANS,
    Endpoint,
    Fleet,
    Host,
    ListenAddress,
    Model,
    Spans,
)
from ..fleet.scope import Scope
from ..language.source import Span
from ..language.syntax import Block
from ..plan_types import Artifact, Probe, ServedModel, ServicePlan, Unit
from ..schema.block import BlockSchema, Fields, Key, read_block
from ..schema.values import Choice, Integer, Listen, ListOf, Pattern, Reference
from .process.command import (
    Bind,
    Environment,
    command_of,
    context_size,
    environment_of,
    server_path,
    slots,
    written_paths,
)
from .process.digest import PREFIX, digest
from .process.unit import RUNNING_KEYS, Process, Running, read_running, unit_of
from .target import Endpoints

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
        Key("host", Reference("host"), help="The machine it runs on."),
        Key("hosts", ListOf(Reference("host")), help="The machines it runs on, instead of host."),
        Key("build", Reference("build"), help="The llama.cpp that it runs."),
        Key("model", Reference("model"), required=True, help="What it serves."),
        Key(
            "placement",
            Choice(PER_GPU, ALL_GPUS),
            default=ALL_GPUS,
            help="per-gpu starts a process for each GPU of the model, or of the host if the model "
            "names none; all-gpus starts processes that see them all.",
        ),
        Key("replicas", Integer(1, 256), default=1, help="Processes on each host, with all-gpus."),
        Key(
            "listen",
            Listen(),
            default=DEFAULT_LISTEN,
            help="Where the first process listens; the next one takes the next port.",
            upstream="--host, --port",
        ),
        *RUNNING_KEYS,
        Key(
            "requires",
            ListOf(UNIT_NAME),
            help="Units that must run before it does.",
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
    running: Running
    requires: tuple[str, ...]
    origin: Span
    spans: Spans = field(default_factory=lambda: NO_SPANS)
    kind: str = "llama-server"

    @property
    def builds(self) -> tuple[str, ...]:
        """The build, if it needs one."""
        return (self.build,) if self.build else ()

    @property
    def models(self) -> tuple[str, ...]:
        """The one model."""
        return (self.model,)


@dataclass(frozen=True, slots=True)
class Worker:
    """One process on one host; `devices` None leaves all GPUs visible."""

    index: int
    port: int
    devices: tuple[int, ...] | None


class LlamaServerTarget:
    """See the module."""

    schema = SCHEMA

    def lower(self, block: Block, scope: Scope) -> LlamaServer | None:
        """Resolve names, demand a build for weights, and take the ports."""
        fields = read_block(block, SCHEMA, scope.diagnostics)
        hosts = _hosts(fields, scope)
        named, build_name = fields.name("model"), fields.name("build")
        model = scope.model(named) if named else None
        build = scope.build(build_name) if build_name else None
        if model is None or not hosts or (build_name and not build):
            return None
        if not _consistent(fields, model, hosts, scope):
            return None
        listen = fields.listen("listen") or DEFAULT_LISTEN
        service = LlamaServer(
            name=fields.label.text,
            hosts=tuple(host.name for host in hosts),
            build=None if model.command else build.name if build else None,
            model=model.name,
            per_gpu=fields.text("placement") == PER_GPU,
            replicas=fields.integer("replicas") or 1,
            listen=listen,
            running=read_running(fields),
            requires=fields.texts("requires"),
            origin=block.header,
            spans=fields.spans,
        )
        for host in hosts:
            count = len(tuple(workers(service, host, model)))
            scope.claim_ports(host.name, count, listen.port, fields.span("listen"))
        return service

    def endpoints(self, service: LlamaServer, fleet: Fleet) -> tuple[Endpoint, ...]:
        """Every process of every host."""
        model = fleet.models[service.model]
        return tuple(
            Endpoint(
                service=service.name,
                host=name,
                address=fleet.hosts[name].address,
                listen=ListenAddress(service.listen.host, worker.port),
                process=unit_name(service, worker),
                slots=slots(model),
                models=(model.name,),
            )
            for name in service.hosts
            for worker in workers(service, fleet.hosts[name], model)
        )

    def plan(
        self, service: LlamaServer, host: Host, fleet: Fleet, endpoints: Endpoints
    ) -> ServicePlan:
        """A unit for each process."""
        model = fleet.models[service.model]
        stack = backend(fleet.builds[service.build].backend) if service.build else None
        parts = [
            _planned(service, worker, model, host, fleet, stack)
            for worker in workers(service, host, model)
        ]
        return ServicePlan(
            kind=service.kind,
            name=service.name,
            artifacts=tuple(artifact for artifact, _, _ in parts),
            units=tuple(unit for _, unit, _ in parts),
            probes=tuple(probe for _, _, probe in parts),
            user=service.running.user,
            groups=stack.groups if stack else (),
        )


TARGET = LlamaServerTarget()


def unit_name(service: LlamaServer, worker: Worker) -> str:
    """`llama-server-worker-0.service`."""
    return f"llama-server-{service.name}-{worker.index}.service"


def workers(service: LlamaServer, host: Host, model: Model) -> Iterator[Worker]:
    """The processes on one host, in the order of their ports."""
    if service.per_gpu:
        devices = model.gpus if model.gpus is not None else tuple(range(len(host.gpus)))
        for index, device in enumerate(devices):
            yield Worker(index, service.listen.port + index, (device,))
        return
    for index in range(service.replicas):
        yield Worker(index, service.listen.port + index, model.gpus)


def _hosts(fields: Fields, scope: Scope) -> tuple[Host, ...]:
    if fields.has("host") and fields.has("hosts"):
        scope.diagnostics.error(
            "conflicting-keys",
            "host and hosts are both set",
            fields.span("hosts"),
            hint="keep hosts, and list every machine in it",
        )
    single = fields.name("host")
    names = (single,) if single else fields.names("hosts")
    if not names and "host" not in fields.written and "hosts" not in fields.written:
        scope.diagnostics.error(
            "missing-key",
            "this llama-server has no host",
            fields.block.header,
            hint="add host = ... or hosts = [...]",
        )
    found = {host.name: host for named in names if (host := scope.host(named))}
    return tuple(found.values())


def _consistent(fields: Fields, model: Model, hosts: tuple[Host, ...], scope: Scope) -> bool:
    problems = len(scope.diagnostics)
    if not model.command and "build" not in fields.written:
        scope.diagnostics.error(
            "missing-key",
            f"this llama-server has no build to serve {model.name} with",
            fields.block.header,
            hint="add build = ...: the name of a build block",
        )
    if fields.text("placement") != PER_GPU:
        return len(scope.diagnostics) == problems
    if fields.has("replicas"):
        scope.diagnostics.error(
            "conflicting-keys",
            "replicas is set beside placement = per-gpu, which starts one process for each GPU",
            fields.span("replicas"),
            hint="remove one of them",
        )
    for host in hosts:
        if not host.gpus and model.gpus is None:
            scope.diagnostics.error(
                "no-gpu",
                f"placement is per-gpu, but host {host.name} declares no gpus",
                fields.span("placement"),
                hint=f"add gpus = [...] to host {host.name}, or use replicas instead",
            )
    return len(scope.diagnostics) == problems


def _planned(
    service: LlamaServer,
    worker: Worker,
    model: Model,
    host: Host,
    fleet: Fleet,
    stack: Backend | None,
) -> tuple[Artifact, Unit, Probe]:
    name = unit_name(service, worker)
    bind = Bind(service.listen.host, worker.port)
    build = fleet.builds[service.build] if service.build else None
    environment = environment_of(model, build, host, worker.devices)
    fingerprint = _fingerprint(service, model, host, fleet, bind, environment)
    groups = command_of(model, service.build, host, fleet, bind, tag=PREFIX + fingerprint)
    process = Process(
        unit=name,
        description=f"{model.name} by llama-server, process {worker.index} of {service.name}",
        argv=tuple(word for group in groups for word in group),
        port=worker.port,
        environment=environment,
        requires=service.requires,
        writes=written_paths(model),
        devices=stack is None or stack.device is not None,
    )
    unit = unit_of(process, service.running, stack)
    executable = server_path(service.build) if service.build else model.command[0]
    served = ServedModel(
        id=model.name,
        digest=None if model.command else fingerprint,
        ctx_size=context_size(model),
    )
    return (
        Artifact(path=f"/etc/systemd/system/{name}", content=unit, restarts=(name,)),
        Unit(name, executable),
        Probe(service.kind, service.name, name, _reachable(service.listen), worker.port, (served,)),
    )


def _fingerprint(
    service: LlamaServer,
    model: Model,
    host: Host,
    fleet: Fleet,
    bind: Bind,
    environment: Environment,
) -> str:
    groups = command_of(model, service.build, host, fleet, bind)
    return digest({"command": groups, "environment": environment})


def _reachable(listen: ListenAddress) -> str:
    """The address at which the machine itself reaches the process."""
    return "127.0.0.1" if listen.everywhere else listen.host
