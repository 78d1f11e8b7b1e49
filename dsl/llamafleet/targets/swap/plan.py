"""The plan of a llama-swap service: its configuration, its unit, and the release."""

from __future__ import annotations

import posixpath

from ...backends import backend
from ...fleet.model import Fleet, Host, Model
from ..paths import CONFIG, PREFIX
from ..plan_types import (
    LLAMA_SWAP,
    Artifact,
    Check,
    GroupPlan,
    MatrixPlan,
    Probe,
    ReleasePlan,
    ServedModel,
    ServicePlan,
    Socket,
    Unit,
)
from ..process.command import Bind, command_of, environment_of, weights_paths
from ..process.digest import weights_of
from ..process.named_paths import must_exist, paths_of, read_paths, written_folders
from ..process.needs import needs_of
from ..process.private import kept_from_others, out_of_argv
from ..process.slots import context_size
from ..process.unit import Process, state_folder, unit_of
from .block import LlamaSwap
from .config import Entry, Written, render, render_trial, write
from .discovered import discover_plans
from .routes import Group


def plan_swap(
    service: LlamaSwap, host: Host, fleet: Fleet, memory_max: int | None = None
) -> ServicePlan:
    """Plan the configuration, the unit and the release; `memory_max` in bytes, if known."""
    entries = _entries(service, host, fleet)
    models = tuple(write(entry) for entry in entries)
    build = fleet.builds[service.build] if service.build else None
    stack = backend(build.backend) if build else None
    served = tuple(each.model for each in models)
    paths = tuple(path for model in served for path in paths_of(model, build, fleet))
    weights = tuple(path for model in served for path in weights_paths(model, host, fleet))
    path = f"{CONFIG}/llama-swap/{service.name}.yaml"
    binary = f"{PREFIX}/llama-swap/v{service.version}/llama-swap"
    process = Process(
        unit=service.unit,
        description=f"llama-swap {service.name}",
        argv=(
            binary,
            *("-config", path),
            *("-listen", str(service.listen)),
            *(("-watch-config",) if service.watch_config else ()),
        ),
        port=service.listen.port,
        writes=_store_folder(service),
        may_write=written_folders(paths, state_folder(service.unit)),
        reads=(*weights, *read_paths(paths)),
        # It gives its models 30 s to stop, and itself 35.
        stop_seconds=60,
        # A model that runs out of memory is started again by the next request.
        survives_oom=True,
        needs=needs_of(served, service.unit_settings, service.listen.port, build),
        memory_max=memory_max,
    )
    unit = unit_of(process, service.unit_settings, stack)
    parts = (service.settings, models, service.matrix, service.routes)
    restarts = (service.unit,)
    return ServicePlan(
        kind=service.kind,
        name=service.name,
        artifacts=(
            kept_from_others(
                Artifact(path, render(*parts), restarts=restarts, check=Check(LLAMA_SWAP)),
                service.unit_settings.user,
            ),
            Artifact(f"/etc/systemd/system/{service.unit}", unit, restarts=restarts),
        ),
        units=(Unit(service.unit, binary),),
        probes=(_probe(service, models),),
        user=service.unit_settings.user,
        groups=stack.groups if stack else (),
        releases=(ReleasePlan(f"v{service.version}", service.sha256, None, binary),),
        sockets=_sockets(service, entries),
        trial=render_trial(*parts),
        store=service.settings.store_path,
        reads=tuple(path for model in served for path in must_exist(model, build, fleet)),
        discover=tuple(discover_plans(service, host, fleet)),
    )


def _sockets(service: LlamaSwap, entries: tuple[Entry, ...]) -> tuple[Socket, ...]:
    """Return its own port, and those of the llama-servers that it starts.

    Other programs are left out: what they start, a container for example, need not be theirs.
    """
    own = Socket(service.unit, service.listen.host, service.listen.port)
    served = (each for each in entries if _is_llama_server(each.model))
    return (
        own,
        *(Socket(service.unit, "127.0.0.1", each.port, each.model.name) for each in served),
    )


def _is_llama_server(model: Model) -> bool:
    program = model.program or ""
    return model.needs_build or posixpath.basename(program) == "llama-server"


def _entries(service: LlamaSwap, host: Host, fleet: Fleet) -> tuple[Entry, ...]:
    build = fleet.builds[service.build] if service.build else None
    entries = []
    for port, name in zip(service.ports, service.models, strict=True):
        model = fleet.models[name]
        stack = build if model.needs_build else None
        command = command_of(model, service.build, host, fleet, Bind("127.0.0.1", port))
        # What passes through as `env` is all that there is: nothing can be added to it.
        fixed = model.command or "env" in model.pass_through
        command, keys = (command, ()) if fixed else out_of_argv(command)
        entries.append(
            Entry(
                model=model,
                command=command,
                environment=(*environment_of(model, stack, host, model.gpus), *keys),
                port=port,
                ttl=service.global_ttl if model.ttl is None else model.ttl,
                weights=weights_of(model, fleet),
                version=service.version,
                build=stack.release if stack else "",
            )
        )
    return tuple(entries)


def _store_folder(service: LlamaSwap) -> tuple[str, ...]:
    """Return the folder of llama-swap's database, without which llama-swap does not start."""
    store = service.settings.store_path
    if not store:
        return ()
    folder = posixpath.dirname(posixpath.join(state_folder(service.unit), store))
    return () if folder == "/" else (folder,)


def _served(written: Written) -> ServedModel:
    model = written.model
    return ServedModel(model.name, model.other_ids, written.digest, context_size(model))


def _probe(service: LlamaSwap, models: tuple[Written, ...]) -> Probe:
    matrix = service.matrix
    return Probe(
        kind=service.kind,
        service=service.name,
        unit=service.unit,
        address=service.listen.reached_at,
        port=service.listen.port,
        models=tuple(_served(each) for each in models if not each.model.unlisted),
        matrix=MatrixPlan(matrix.combinations(), matrix.costs) if matrix else None,
        groups=tuple(_group(each) for each in service.routes.groups),
        key=next(iter(service.settings.api_key_env), None),
        key_file=service.unit_settings.environment_file,
    )


def _group(group: Group) -> GroupPlan:
    models = tuple(each.text for each in group.models)
    return GroupPlan(models, group.swap, group.exclusive, group.persistent)
