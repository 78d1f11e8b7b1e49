"""gpu-shared: two services of one host on the same GPU, neither knowing of the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Host, Service
from ..targets.swap.block import LlamaSwap
from .report import warning
from .survey import Serving, Survey


@dataclass(frozen=True, slots=True)
class _User:
    """What one service may hold on a host's GPUs; `vram` None where not all of it is known."""

    service: Service
    devices: frozenset[int]
    vram: int | None


def gpu_shared(survey: Survey) -> Iterator[Diagnostic]:
    """Services whose models may be on one card at a time, unless they are known to fit."""
    by_host: dict[str, dict[str, list[Serving]]] = {}
    for serving in survey.serving:
        for host in serving.hosts:
            if host.gpus:
                services = by_host.setdefault(host.name, {})
                services.setdefault(serving.service.name, []).append(serving)
    for name, services in by_host.items():
        if len(services) > 1:
            host = survey.fleet.hosts[name]
            users = [_user(each, host) for each in services.values()]
            for first, second in combinations(users, 2):
                yield from _overlap(first, second, host)


def _user(servings: list[Serving], host: Host) -> _User:
    devices: set[int] = set()
    needs: list[int | None] = []
    for serving in servings:
        used = devices_of(serving, host)
        devices |= used
        if used:
            needs.append(serving.model.vram)
    known = [need for need in needs if need is not None]
    service = servings[0].service
    together = not isinstance(service, LlamaSwap) or service.matrix is not None
    total = (sum(known) if together else max(known, default=0)) if known else None
    return _User(service, frozenset(devices), total if len(known) == len(needs) else None)


def devices_of(serving: Serving, host: Host) -> frozenset[int]:
    """The GPUs of a host that a model's processes are known to use."""
    model = serving.model
    if serving.build is None:
        return frozenset(model.gpus or ())
    off = serving.value("device") == "none" or serving.value("n-gpu-layers") == "0"
    if serving.build.backend == "cpu" or off:
        return frozenset()
    return frozenset(range(len(host.gpus)) if model.gpus is None else model.gpus)


def _overlap(first: _User, second: _User, host: Host) -> Iterator[Diagnostic]:
    shared = sorted(first.devices & second.devices)
    if not shared:
        return
    cards = [host.gpus[index] for index in shared if index < len(host.gpus)]
    room = min((card.vram or 0 for card in cards), default=0)
    if first.vram is not None and second.vram is not None and first.vram + second.vram <= room:
        return
    # What swaps models is where something can be done about it.
    swaps = isinstance(first.service, LlamaSwap) and not isinstance(second.service, LlamaSwap)
    if swaps:
        first, second = second, first
    which = f"GPU {shared[0]}" if len(shared) == 1 else f"GPUs {', '.join(map(str, shared))}"
    message = (
        f"{second.service.name} and {first.service.name} share {which} of {host.name}, "
        "and neither knows what the other has loaded"
    )
    hint = "pin them to different cards, or say vram = ... of each model if they fit together"
    related = Label(first.service.origin, "uses it, too")
    yield warning("gpu-shared", message, second.service.origin, hint, related)
