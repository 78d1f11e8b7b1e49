"""The argv and the environment of a model's server.

Settings that upstream would choose by itself, from what it finds on the host, are written out, so
that the same fleet file means the same everywhere; added_flags.py lists them.
"""

from __future__ import annotations

from typing import TypeAlias

from ...backends import Backend, backend, backend_of_vendor
from ...dataclasses import dataclass
from ...fleet.llama_cpp import tables_of
from ...fleet.model import Build, Flag, Fleet, Gguf, Host, Model
from ...fleet.schema.flag_tables import FlagTables
from ..paths import PREFIX
from .added_flags import additions

Groups: TypeAlias = tuple[tuple[str, ...], ...]
"""An argv in groups that belong on one line: the program, then each flag with its values."""

Environment: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Bind:
    """The address and port of one process."""

    host: str
    port: int


def gguf_path(gguf: Gguf, host: Host) -> str:
    """Return the path of a weights file on a host."""
    if gguf.path is not None:
        return gguf.path
    return f"{host.models_dir.rstrip('/')}/{gguf.folder or gguf.repo}/{gguf.file}"


def store_path(host: Host) -> str:
    """Return the folder in which a host keeps weights by their SHA-256."""
    return f"{host.models_dir.rstrip('/')}/.store"


def server_path(build: str) -> str:
    """Return the llama-server of a build; the directory is a symlink to what is installed now."""
    return f"{PREFIX}/llama.cpp/{build}/llama-server"


def weights_paths(model: Model, host: Host, fleet: Fleet) -> tuple[str, ...]:
    """Return the paths of a model's weights on a host: its own, a projector's and a draft's."""
    names = (model.gguf, model.mmproj, model.draft)
    return tuple(gguf_path(fleet.ggufs[name], host) for name in names if name)


def command_of(
    model: Model, build: str | None, host: Host, fleet: Fleet, bind: Bind, tag: str = ""
) -> Groups:
    """Return the argv that serves a model: its own `command`, or llama-server with its flags."""
    if model.command:
        port = str(bind.port)
        return _grouped(tuple(each.replace("${PORT}", port) for each in model.command))
    if model.verbatim:
        return ()
    if model.program:
        return _of_program(model, model.program, host, fleet, bind)
    assert build is not None, "lowering demands a build for models of weights"
    assert model.gguf is not None, "a model has weights or a command"
    found = fleet.builds.get(build)
    wrapper = _wrapper(model, backend(found.backend), host) if found else ()
    return (
        *((wrapper,) if wrapper else ()),
        (server_path(build),),
        ("--model", gguf_path(fleet.ggufs[model.gguf], host)),
        *_companions(model, host, fleet),
        ("--alias", model.name),
        *((("--tags", tag),) if tag else ()),
        ("--host", bind.host),
        ("--port", str(bind.port)),
        *additions(model),
        *(_spelled(flag, found, tables_of(fleet)) for flag in model.flags),
        *_grouped(model.extra_args),
    )


def server_flags(model: Model) -> tuple[str, ...]:
    """Return llama-server's flags besides those of its model, in the pinned build's spelling.

    Without addresses; weights beside the main ones by their names in the fleet.
    """
    companions = (("--mmproj", model.mmproj), ("--model-draft", model.draft))
    groups = (
        *((flag, name) for flag, name in companions if name),
        *(() if model.program else additions(model)),
        *(flag.argv for flag in model.flags),
    )
    return (*(word for group in groups for word in group), *model.extra_args)


def _spelled(flag: Flag, build: Build | None, tables: FlagTables) -> tuple[str, ...]:
    """Return a flag in the spelling of the build that gets it."""
    if build is None:
        return flag.argv
    name = flag.argv[0]
    own = tables.spelled_for(build.ref, name)
    return tuple(own if word == name else word for word in flag.argv)


def _of_program(model: Model, program: str, host: Host, fleet: Fleet, bind: Bind) -> Groups:
    """Return the argv of a llama-server that is on the host: it may be of any age, so no more."""
    weights = gguf_path(fleet.ggufs[model.gguf], host) if model.gguf else None
    return (
        (program,),
        *((("--model", weights),) if weights else ()),
        *_companions(model, host, fleet),
        ("--host", bind.host),
        ("--port", str(bind.port)),
        *(flag.argv for flag in model.flags),
        *_grouped(model.extra_args),
    )


def environment_of(
    model: Model, build: Build | None, host: Host, devices: tuple[int, ...] | None
) -> Environment:
    """Return the environment of a model's server; what the model itself sets wins."""
    stack = _stack(build, host)
    ours: Environment = ()
    if stack is not None:
        ours = (*stack.environment, *_visible(stack, host, devices))
    written = {name for name, _ in model.env}
    return (*((name, value) for name, value in ours if name not in written), *model.env)


def _wrapper(model: Model, stack: Backend, host: Host) -> tuple[str, ...]:
    """Return argv before the server's own; what a model sets of visible devices itself, wins."""
    own = stack.visible_devices in {name for name, _ in model.env}
    if stack.finder and host.gpu_ids and model.gpus != () and not own:
        return stack.finder
    return stack.wrapper


def _visible(stack: Backend, host: Host, devices: tuple[int, ...] | None) -> Environment:
    """Return the variable that hides other cards: by name where the host names its own."""
    there = range(len(host.gpus)) if devices is None else devices
    names = [
        (host.gpus[index].vendor, host.gpu_ids[index])
        for index in there
        if index < min(len(host.gpus), len(host.gpu_ids))
        and stack.computes_on(host.gpus[index].vendor)
    ]
    if not names or not all(stack.pins(vendor, name) for vendor, name in names):
        return stack.visible(devices or ())
    return stack.pinned(tuple(name for _, name in names))


def _stack(build: Build | None, host: Host) -> Backend | None:
    if build is not None:
        return backend(build.backend)
    return backend_of_vendor(host.gpus[0].vendor) if host.gpus else None


def _companions(model: Model, host: Host, fleet: Fleet) -> Groups:
    """Weights beside the main ones."""
    files = (("--mmproj", model.mmproj), ("--model-draft", model.draft))
    return tuple((flag, gguf_path(fleet.ggufs[name], host)) for flag, name in files if name)


def _grouped(argv: tuple[str, ...]) -> Groups:
    """Return a new group at each argument that looks like a flag, for reading only."""
    groups: list[tuple[str, ...]] = []
    for argument in argv:
        if argument.startswith("-") or not groups:
            groups.append((argument,))
        else:
            groups[-1] = (*groups[-1], argument)
    return tuple(groups)
