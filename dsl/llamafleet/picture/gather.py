"""From a fleet and what its models take to what its picture shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..capacity.footprint import Footprints
from ..fleet.model import Fleet, GpuType, Host, Service
from ..fleet.service import Front
from ..plan import Wiring, wire
from .contents import OVER, TIGHT, Bar, Block, Contents, Frontend, HostPanel, ProxyTarget
from .states import States
from .words import counted, short


def gather(fleet: Fleet, footprints: Footprints, title: str) -> Contents:
    """Return the contents of a fleet's picture."""
    wiring = wire(fleet)
    states = States(fleet, footprints)
    hosts = tuple(_host_panel(host, fleet, wiring, states) for host in fleet.hosts.values())
    return Contents(title, _summary(fleet, hosts), hosts)


def _host_panel(host: Host, fleet: Fleet, wiring: Wiring, states: States) -> HostPanel:
    services = wiring.services.get(host.name, ())
    blocks = tuple(_block(service, host, wiring, states) for service in services if service.models)
    return HostPanel(
        name=host.name,
        address=host.address if host.address != host.name else "",
        hardware=_hardware(host),
        frontends=tuple(
            _frontend(each, each.front, host, wiring) for each in services if each.front
        ),
        blocks=blocks,
        idle=() if any(block.states for block in blocks) else _empty(host, states),
    )


def _block(service: Service, host: Host, wiring: Wiring, states: States) -> Block:
    found, more = states.of(service, host)
    endpoints = [each for each in wiring.endpoints[service.name] if each.host == host.name]
    ports = [each.listen.port for each in endpoints]
    listens = str(endpoints[0].listen) if endpoints else ""
    if len(ports) > 1:
        listens += f" to {ports[-1]}"
    return Block(service.name, service.kind, listens, found, more)


def _frontend(service: Service, front: Front, host: Host, wiring: Wiring) -> Frontend:
    targets: dict[str, list[str]] = {}
    upstream = front.upstream.text
    for each in wiring.endpoints.get(upstream, ()):
        address = each.reached_from(host.name)
        targets.setdefault(each.host, []).append(f"{address}:{each.listen.port}")
    return Frontend(
        name=service.name,
        kind=service.kind,
        listens=str(service.listen),
        upstream=upstream,
        targets=tuple(ProxyTarget(host, upstream, tuple(found)) for host, found in targets.items()),
    )


def _empty(host: Host, states: States) -> tuple[Bar, ...]:
    return states.bars(host, lambda _: ())


def _hardware(host: Host) -> str:
    cards = Counter(gpu.name for gpu in host.gpus)
    words = [name if number == 1 else f"{number} × {name}" for name, number in cards.items()]
    if host.ram is not None:
        words.append(f"{short(host.ram)} RAM")
    return " · ".join(words)


def _summary(fleet: Fleet, hosts: tuple[HostPanel, ...]) -> str:
    cards: list[GpuType] = [gpu for host in fleet.hosts.values() for gpu in host.gpus]
    words = [counted(len(fleet.hosts), "host")]
    if cards:
        memory = sum(gpu.vram or 0 for gpu in cards)
        words.append(f"{counted(len(cards), 'GPU')} with {short(memory)}")
    words.append(counted(len(fleet.models), "model"))
    verdicts = Counter(_verdicts(hosts))
    if verdicts[OVER]:
        words.append(f"{counted(verdicts[OVER], 'combination')} too large")
    if verdicts[TIGHT]:
        words.append(f"{verdicts[TIGHT]:,} too close to tell")
    return " · ".join(words)


def _verdicts(hosts: tuple[HostPanel, ...]) -> Iterator[str]:
    for host in hosts:
        for block in host.blocks:
            yield from (state.verdict for state in block.states)
