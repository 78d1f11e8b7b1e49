"""The plan of a llama-server service: a unit for each of its processes."""

from __future__ import annotations

from ...backends import Backend, backend
from ...fleet.model import Fleet, Host, Model
from ..plan_types import Artifact, Probe, ServedModel, ServicePlan, Socket, Unit
from ..process.command import (
    Bind,
    Environment,
    command_of,
    environment_of,
    server_path,
    weights_paths,
)
from ..process.digest import BUILD_PREFIX, PREFIX, digest, weights_of
from ..process.named_paths import must_exist, paths_of, read_paths, written_folders
from ..process.needs import needs_of
from ..process.paths import health_path
from ..process.private import file_of_secrets, kept_from_others, out_of_argv
from ..process.slots import context_size
from ..process.unit import Process, state_folder, unit_of
from .block import LlamaServer, Worker, unit_name, workers


def plan_server(
    service: LlamaServer, host: Host, fleet: Fleet, memory_max: int | None = None
) -> ServicePlan:
    """Return a unit for each process, each limited to `memory_max` bytes where that is known."""
    model = fleet.models[service.model]
    stack = backend(fleet.builds[service.build].backend) if service.build else None
    parts = [
        _planned(service, worker, model, host, fleet, stack, memory_max)
        for worker in workers(service, host, model)
    ]
    return ServicePlan(
        kind=service.kind,
        name=service.name,
        artifacts=tuple(artifact for artifacts, _, _ in parts for artifact in artifacts),
        units=tuple(unit for _, unit, _ in parts),
        probes=tuple(probe for _, _, probe in parts),
        user=service.unit_settings.user,
        groups=stack.groups if stack else (),
        sockets=tuple(Socket(probe.unit, service.listen.host, probe.port) for _, _, probe in parts),
        reads=tuple(
            must_exist(model, fleet.builds[service.build] if service.build else None, fleet)
        ),
    )


def _planned(
    service: LlamaServer,
    worker: Worker,
    model: Model,
    host: Host,
    fleet: Fleet,
    stack: Backend | None,
    memory_max: int | None,
) -> tuple[tuple[Artifact, ...], Unit, Probe]:
    name = unit_name(service, worker)
    bind = Bind(service.listen.host, worker.port)
    build = fleet.builds[service.build] if service.build else None
    environment = environment_of(model, build, host, worker.devices)
    fingerprint = _fingerprint(service, model, host, fleet, bind, environment)
    tag = PREFIX + fingerprint + (f",{BUILD_PREFIX}{build.release}" if build else "")
    groups = command_of(model, service.build, host, fleet, bind, tag=tag)
    groups, keys = (groups, ()) if model.command else out_of_argv(groups)
    environment, secrets = file_of_secrets(name, (*environment, *keys))
    paths = paths_of(model, build, fleet)
    process = Process(
        unit=name,
        description=f"{model.name} by llama-server{f' {build.release}' if build else ''}, "
        f"process {worker.index} of {service.name}",
        argv=tuple(word for group in groups for word in group),
        port=worker.port,
        environment=environment,
        requires=service.requires,
        writes=written_folders(paths, state_folder(name)),
        reads=(*weights_paths(model, host, fleet), *read_paths(paths)),
        needs=needs_of((model,), service.unit_settings, worker.port, build),
        memory_max=memory_max,
        environment_files=(secrets.path,) if secrets else (),
    )
    unit = Artifact(
        path=f"/etc/systemd/system/{name}",
        content=unit_of(process, service.unit_settings, stack),
        restarts=(name,),
    )
    executable = server_path(service.build) if service.build else groups[0][0]
    served = ServedModel(
        id=model.name,
        digest=fingerprint if model.needs_build else None,
        ctx_size=context_size(model),
    )
    return (
        (*((secrets,) if secrets else ()), kept_from_others(unit, "root")),
        Unit(name, executable),
        Probe(
            kind=service.kind,
            service=service.name,
            unit=name,
            address=service.listen.reached_at,
            port=worker.port,
            models=(served,),
            health=health_path(model),
        ),
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
    return digest({"command": groups, "environment": environment}, weights_of(model, fleet))
