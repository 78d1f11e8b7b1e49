"""Loads that measure the models of a host, each started as its service would start it.

The same argv, user, environment, sandbox and cards; only the address is another, and all is logged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...backends import backend
from ...fleet.model import Build, Fleet, Host, Model, Service
from ...fleet.service import ModelServer
from ...lock.measured import Measured, recorded
from ...lock.measurement_key import MeasurementKey, measurement_key
from ...targets.process.command import Bind, command_of, environment_of, weights_paths
from ...targets.process.named_paths import paths_of, read_paths, written_folders
from ...targets.process.needs import needs_of
from ...targets.process.unit import Process, state_folder, unit_of
from ...targets.writers.systemd_unit import Section, Words, to_unit
from ..footprint import Footprints
from ..memory.terms import MIB

JOB = "llamafleet-calibrate.service"
UNIT = "llamafleet-calibrate-model.service"
PORT = 5799
"""Below those that are given out to models."""

SILENCING = frozenset(
    ["api-key", "api-key-file", "api-prefix", "log-disable", "log-file", "log-jsonl",
     "log-verbosity", "ssl-cert-file", "ssl-key-file", "verbose"]
)  # fmt: skip
"""Flags that would keep us from asking a server, or from reading what it says."""

DEBUG = ("--log-verbosity", "5")
"""From 4 on the sizes of buffers are logged, with 5 those at the end to four digits, too."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A unit with models beside the one to be measured; a llama-swap has none while it is idle."""

    unit: str
    swaps: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """One model to load on one host.

    `unit` and `extension` are texts of a systemd unit and its drop-in. `cards` are those that the
    process sees, by the host's index, and `vendor` whose they are; `gpu_ids` are the host's names
    of its cards, where the fleet file has some, by that index. `needs` is what the host's
    memory must have free, in MiB, as far as that is known.
    """

    host: str
    service: str
    model: str
    key: MeasurementKey
    port: int
    unit: str
    extension: str
    vendor: str
    cards: tuple[int, ...]
    neighbours: tuple[Neighbour, ...]
    build: str
    ggufs: tuple[str, ...]
    needs: int
    gpu_ids: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name in messages: `chat of voice`."""
        return f"{self.model} of {self.service}"


def trials(fleet: Fleet, host: str, port: int = PORT, patience: int = 600) -> Iterator[Trial]:
    """Yield a trial for each model on the host that a build of the fleet runs."""
    footprints = Footprints(fleet)
    for service in fleet.services.values():
        server = service.server
        if host not in service.hosts or server is None:
            continue
        for name in service.models:
            key = measurement_key(fleet, host, service.name, name)
            if key is not None:
                yield _trial(fleet, footprints, service, server, name, host, key, port, patience)


def why_measure(fleet: Fleet, trial: Trial) -> str | None:
    """Return the reason to measure again; None if the stored measurement still counts."""
    found = recorded(fleet.measured, trial.host, trial.service, trial.model)
    if found is None:
        return "not measured yet"
    if not isinstance(found, Measured):
        return "what the lock says cannot be read"
    if found.key != trial.key:
        return f"measured with other {trial.key.differs(found.key)}"
    return None


def _trial(
    fleet: Fleet,
    footprints: Footprints,
    service: Service,
    server: ModelServer,
    name: str,
    host: str,
    key: MeasurementKey,
    port: int,
    patience: int,
) -> Trial:
    model, machine = _with_readable_log(fleet.models[name]), fleet.hosts[host]
    build = fleet.builds[service.builds[0]]
    devices = next((each.devices for each in server.processes(machine, model)), model.gpus)
    cards = _cards(build, machine, devices)
    stack = backend(build.backend)
    groups = command_of(model, build.name, machine, fleet, Bind("127.0.0.1", port))
    paths = paths_of(model, build, fleet)
    process = Process(
        unit=UNIT,
        description=f"{name} of {service.name}, being measured",
        argv=(*(word for group in groups for word in group), *DEBUG),
        port=port,
        environment=environment_of(model, build, machine, devices),
        requires=server.requires,
        writes=written_folders(paths, state_folder(UNIT)),
        reads=(*weights_paths(model, machine, fleet), *read_paths(paths)),
        needs=needs_of((model,), server.unit_settings, port, build),
    )
    found = footprints.of(service.name, name, host)
    return Trial(
        host=host,
        service=service.name,
        model=name,
        key=key,
        port=port,
        unit=unit_of(process, replace(server.unit_settings, restart="no"), stack),
        extension=_extension(patience),
        vendor=machine.gpus[cards[0]].vendor if cards else "",
        cards=cards,
        neighbours=tuple(_neighbours(fleet, machine, cards)),
        build=build.name,
        ggufs=tuple(each for each in (model.gguf, model.mmproj, model.draft) if each),
        needs=found[0].host_bytes(growing=False) // MIB if found else 0,
        gpu_ids=machine.gpu_ids,
    )


def _with_readable_log(model: Model) -> Model:
    """The model without what would keep us from listening to its server."""
    flags = tuple(each for each in model.flags if each.key not in SILENCING)
    return replace(model, flags=flags)


def _cards(build: Build | None, host: Host, devices: tuple[int, ...] | None) -> tuple[int, ...]:
    """Indices of the cards that a process may take memory of."""
    if build is not None and backend(build.backend).device is None:
        return ()
    visible = range(len(host.gpus)) if devices is None else devices
    return tuple(each for each in visible if each < len(host.gpus))


def _neighbours(fleet: Fleet, host: Host, cards: tuple[int, ...]) -> Iterator[Neighbour]:
    """Units on the host that may have models on these cards; all, where it takes only memory."""
    found: dict[str, Neighbour] = {}
    for service in fleet.services.values():
        server = service.server
        if server is None or host.name not in service.hosts:
            continue
        for name in service.models:
            for each in server.processes(host, fleet.models[name]):
                if _meets(fleet, service, name, host, cards, each.devices):
                    found.setdefault(each.unit, Neighbour(each.unit, server.swaps))
    yield from found.values()


def _meets(
    fleet: Fleet,
    service: Service,
    name: str,
    host: Host,
    cards: tuple[int, ...],
    devices: tuple[int, ...] | None = None,
) -> bool:
    """Return True if a model may use one of these cards; a program of others, any that it names."""
    if not cards:
        return True
    model = fleet.models[name]
    own = model.needs_build and service.builds
    build = fleet.builds[service.builds[0]] if own else None
    return bool(set(_cards(build, host, devices or model.gpus)) & set(cards))


def _extension(patience: int) -> str:
    """It ends with the job that watches it, and by itself if nobody does."""
    return to_unit(
        (
            Section("Unit", (("BindsTo", Words((JOB,))), ("After", Words((JOB,))))),
            Section(
                "Service",
                (
                    ("RuntimeMaxSec", patience + 120),
                    ("UnsetEnvironment", Words(("LLAMA_API_KEY", "LLAMA_ARG_API_PREFIX"))),
                    ("StandardOutput", "append:/var/lib/llamafleet/calibrate/server.log"),
                    ("StandardError", "inherit"),
                ),
            ),
        )
    )
