"""gpu-shared: two services that use the same GPU, neither aware of the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ..backends import backend
from ..dataclasses import dataclass
from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Host, Service
from ..fleet.service import swaps
from .context import RuleContext, ServedModel
from .report import warning
from .rule import WARNING, Code, rule


@dataclass(frozen=True, slots=True)
class _User:
    """The GPUs that one service may use; `known` if the sizes of all of its models are."""

    service: Service
    devices: frozenset[int]
    known: bool


@rule(
    Code(
        "gpu-shared",
        WARNING,
        "Two services use the same GPU, and neither knows what the other has loaded.",
        in_yaml=False,
    ),
)
def gpu_shared(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for services whose models may share a card, unless all of their sizes are known.

    What is known is held against the card by vram-overcommit.
    """
    by_host: dict[str, dict[str, list[ServedModel]]] = {}
    for served in context.served_models:
        for host in served.hosts:
            if host.gpus:
                services = by_host.setdefault(host.name, {})
                services.setdefault(served.service.name, []).append(served)
    for name, services in by_host.items():
        if len(services) > 1:
            host = context.fleet.hosts[name]
            users = [_user(context, each, host) for each in services.values()]
            for first, second in combinations(users, 2):
                yield from _overlap(first, second, host)


def _user(context: RuleContext, served_models: list[ServedModel], host: Host) -> _User:
    users = [(served, devices_of(served, host)) for served in served_models]
    devices = frozenset(each for _, used in users for each in used)
    known = all(_is_known(context, served, host) for served, used in users if used)
    return _User(served_models[0].service, devices, known)


def _is_known(context: RuleContext, served: ServedModel, host: Host) -> bool:
    if not context.sized:
        return False
    found = context.footprints.of(served.service.name, served.model.name, host.name)
    return all(each.known for each in found)


def devices_of(served: ServedModel, host: Host) -> frozenset[int]:
    """Return the GPUs of a host that a model's processes are known to use."""
    model = served.model
    if served.build is None:
        return frozenset(model.gpus or ())
    off = served.value("device") == "none" or served.value("n-gpu-layers") == "0"
    if backend(served.build.backend).device is None or off:
        return frozenset()
    return frozenset(range(len(host.gpus)) if model.gpus is None else model.gpus)


def _overlap(first: _User, second: _User, host: Host) -> Iterator[Diagnostic]:
    shared = sorted(first.devices & second.devices)
    if not shared:
        return
    cards = [host.gpus[index] for index in shared if index < len(host.gpus)]
    if first.known and second.known and all(card.vram is not None for card in cards):
        return
    # What swaps models is where something can be done about it.
    if swaps(first.service) and not swaps(second.service):
        first, second = second, first
    which = f"GPU {shared[0]}" if len(shared) == 1 else f"GPUs {', '.join(map(str, shared))}"
    message = (
        f'"{second.service.name}" and "{first.service.name}" share {which} of host "{host.name}", '
        "but neither knows what the other has loaded"
    )
    hint = "pin them to different cards, or give their memory: run llamafleet lock, or set vram"
    related = Label(first.service.origin, "also uses it")
    yield warning("gpu-shared", message, second.service.origin, hint, related)
