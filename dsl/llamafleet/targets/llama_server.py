"""llama-server as a service: processes of one model, each a systemd unit with a port of its own."""

from __future__ import annotations

from ..backends import Backend, backend
from ..fleet.model import Endpoint, Fleet, Host, ListenAddress, Model
from ..fleet.scope import Scope
from ..language.syntax import Block
from ..plan_types import Artifact, Probe, ServedModel, ServicePlan, Unit
from ..schema.block import read_block
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
from .process.unit import Process, read_running, unit_of
from .server.block import (
    DEFAULT_LISTEN,
    PER_GPU,
    SCHEMA,
    LlamaServer,
    Worker,
    unit_name,
    workers,
)
from .server.checks import consistent, read_hosts
from .target import Endpoints


class LlamaServerTarget:
    """See the module."""

    schema = SCHEMA

    def lower(self, block: Block, scope: Scope) -> LlamaServer | None:
        """Resolve names, demand a build for weights, and take the ports."""
        fields = read_block(block, SCHEMA, scope.diagnostics)
        hosts = read_hosts(fields, scope)
        named, build_name = fields.name("model"), fields.name("build")
        model = scope.model(named) if named else None
        build = scope.build(build_name) if build_name else None
        if model is None or not hosts or (build_name and not build):
            return None
        if not consistent(fields, model, hosts, scope):
            return None
        listen = fields.listen("listen") or DEFAULT_LISTEN
        service = LlamaServer(
            name=fields.label.text,
            hosts=tuple(host.name for host in hosts),
            build=build.name if build and model.needs_build else None,
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
    executable = server_path(service.build) if service.build else groups[0][0]
    served = ServedModel(
        id=model.name,
        digest=fingerprint if model.needs_build else None,
        ctx_size=context_size(model),
    )
    return (
        Artifact(path=f"/etc/systemd/system/{name}", content=unit, restarts=(name,)),
        Unit(name, executable),
        Probe(service.kind, service.name, name, service.listen.reached_at, worker.port, (served,)),
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
