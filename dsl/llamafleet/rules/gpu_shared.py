"""gpu-shared: two services of one host on the same GPU, neither knowing of the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ..backends import backend
from ..dataclasses import dataclass
from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Host, Service
from ..fleet.service import swaps
from .report import warning
from .rule import WARNING, Code, rule
from .survey import Serving, Survey


@dataclass(frozen=True, slots=True)
class _User:
    """What one service may use of a host's GPUs; `known` where all of its models' sizes are."""

    service: Service
    devices: frozenset[int]
    known: bool


@rule(
    Code(
        "gpu-shared",
        WARNING,
        "Two services of one host use the same GPU, and neither knows of the other.",
        in_yaml=False,
    ),
)
def gpu_shared(survey: Survey) -> Iterator[Diagnostic]:
    """Services whose models may be on one card at a time, unless it is known what they take.

    What is known is held against the card by vram-overcommit.
    """
    by_host: dict[str, dict[str, list[Serving]]] = {}
    for serving in survey.serving:
        for host in serving.hosts:
            if host.gpus:
                services = by_host.setdefault(host.name, {})
                services.setdefault(serving.service.name, []).append(serving)
    for name, services in by_host.items():
        if len(services) > 1:
            host = survey.fleet.hosts[name]
            users = [_user(survey, each, host) for each in services.values()]
            for first, second in combinations(users, 2):
                yield from _overlap(first, second, host)


def _user(survey: Survey, servings: list[Serving], host: Host) -> _User:
    users = [(serving, devices_of(serving, host)) for serving in servings]
    devices = frozenset(each for _, used in users for each in used)
    known = all(_is_known(survey, serving, host) for serving, used in users if used)
    return _User(servings[0].service, devices, known)


def _is_known(survey: Survey, serving: Serving, host: Host) -> bool:
    if not survey.sized:
        return False
    found = survey.footprints.of(serving.service.name, serving.model.name, host.name)
    return all(each.known for each in found)


def devices_of(serving: Serving, host: Host) -> frozenset[int]:
    """The GPUs of a host that a model's processes are known to use."""
    model = serving.model
    if serving.build is None:
        return frozenset(model.gpus or ())
    off = serving.value("device") == "none" or serving.value("n-gpu-layers") == "0"
    if backend(serving.build.backend).device is None or off:
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
        f"{second.service.name} and {first.service.name} share {which} of {host.name}, "
        "and neither knows what the other has loaded"
    )
    hint = "pin them to different cards, or let llamafleet lock say what they take, or vram = ..."
    related = Label(first.service.origin, "uses it, too")
    yield warning("gpu-shared", message, second.service.origin, hint, related)
