"""llama-server as a service: processes of one model, each a systemd unit with a port of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fleet.model import Endpoint, Fleet, Host, ListenAddress
from ..fleet.schema.block import read_block
from ..fleet.scope import Scope
from ..language.syntax import Block
from .process.paths import api_prefix, health_path
from .process.slots import slots
from .process.unit_settings import read_unit_settings
from .server.block import (
    DEFAULT_LISTEN,
    PER_GPU,
    SCHEMA,
    LlamaServer,
    unit_name,
    workers,
)
from .server.checks import consistent, read_hosts
from .target import Endpoints

if TYPE_CHECKING:
    from .plan_types import ServicePlan


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
            unit_settings=read_unit_settings(fields),
            requires=fields.texts("requires"),
            origin=block.header,
            spans=fields.spans,
        )
        for host in hosts:
            count = len(tuple(workers(service, host, model)))
            scope.claim_ports(host.name, count, listen.port, fields.span("listen"))
        return service

    def endpoints(self, service: LlamaServer, fleet: Fleet) -> tuple[Endpoint, ...]:
        """Return every process of every host."""
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
                prefix=api_prefix(model),
                health=health_path(model),
            )
            for name in service.hosts
            for worker in workers(service, fleet.hosts[name], model)
        )

    def plan(
        self,
        service: LlamaServer,
        host: Host,
        fleet: Fleet,
        endpoints: Endpoints,
        memory_max: int | None = None,
    ) -> ServicePlan:
        """Return a unit for each process."""
        # What only a plan needs is not loaded by `check`.
        from .server.plan import plan_server

        return plan_server(service, host, fleet, memory_max)


TARGET = LlamaServerTarget()
