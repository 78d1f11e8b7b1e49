"""The states of a host's memories, by service.

A bar shows everything that can be there together: the models of one state of a service in colour,
and without one what the host's other services hold meanwhile, at the most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..capacity.footprint import Combination, Footprint, Footprints, Part
from ..capacity.footprint.overfull import Overfull, overfull
from ..fleet.model import Fleet, Host, Model, Service
from ..fleet.service import ALWAYS, swaps
from . import words
from .choose import called, distinct, most_telling
from .contents import Bar, Chip, Stack, State

WAY_OUT = "; llamafleet lock looks them up, and vram = ... in the model would say it, too"

RAM = -1
"""The index of the host's own memory among its cards."""

Inside = Callable[[int], tuple[Stack, ...]]


@dataclass(frozen=True, slots=True)
class States:
    """The states of a fleet's services; what is computed for one is kept for the others."""

    fleet: Fleet
    footprints: Footprints
    _together: dict[tuple[str, str], tuple[Combination, ...]] = field(default_factory=dict)
    _beside: dict[tuple[str, str, int], Stack | None] = field(default_factory=dict)
    _overfull: dict[str, tuple[Overfull, ...]] = field(default_factory=dict)

    def of(self, service: Service, host: Host) -> tuple[tuple[State, ...], str]:
        """Return the states of a service to draw, and a text about those left out."""
        found = [self._worst(each, service, host) for each in distinct(self._of(service, host))]
        drawn = set(most_telling(found, host))
        states = tuple(
            self._state(each, service, host) for i, each in enumerate(found) if i in drawn
        )
        hidden = len(found) - len(states)
        if not hidden:
            return states, ""
        return states, f"and {words.counted(hidden, 'combination')} more, none fuller than these"

    def bars(self, host: Host, inside: Inside) -> tuple[Bar, ...]:
        """Return a host's memories as bars, filled with the given stacks."""
        cards = tuple(self._card(host, index, inside(index)) for index in range(len(host.gpus)))
        stacks = inside(RAM)
        if cards and (host.ram is None or not stacks):
            return cards
        ram = Bar("RAM", "", host.ram, host.ram_reserved, stacks, ram=True, slim=bool(cards))
        return (*cards, ram)

    def _card(self, host: Host, index: int, stacks: tuple[Stack, ...]) -> Bar:
        gpu, room = host.gpus[index], self.footprints.room(host.name)[index]
        reserved = 0 if gpu.vram is None or room is None else gpu.vram - room
        return Bar(f"GPU {index}", gpu.name, gpu.vram, reserved, stacks)

    def _of(self, service: Service, host: Host) -> tuple[Combination, ...]:
        key = (service.name, host.name)
        if key not in self._together:
            self._together[key] = self.footprints.together(*key)
        return self._together[key]

    def _worst(self, combination: Combination, service: Service, host: Host) -> Combination:
        """The combination as it is where its models start in the order that fits worst.

        A model that is spread by what is free may only be too much for a card if it starts last.
        """
        if host.name not in self._overfull:
            self._overfull[host.name] = tuple(overfull(self.footprints, host))
        for each in self._overfull[host.name]:
            same = (each.service.name, each.combination.name, each.combination.models) == (
                service.name, combination.name, combination.models,
            )  # fmt: skip
            if same and each.last is not None:
                return each.combination
        return combination

    def _state(self, combination: Combination, service: Service, host: Host) -> State:
        others = [
            each
            for each in self.fleet.services.values()
            if each.models
            and host.name in each.hosts
            and each.name != service.name
            # What always runs has its place first; who loads on request has what is left.
            and (swaps(service) or not swaps(each))
        ]

        def inside(index: int) -> tuple[Stack, ...]:
            own = (stack for each in combination.footprints for stack in self._own(each, index))
            beside = (self._at_most(each, host, index) for each in others)
            return (*own, *(stack for stack in beside if stack is not None))

        chips = tuple(self._chip(name, combination) for name in combination.models)
        word, name = called(combination, service)
        return State(word, name, chips, self.bars(host, inside))

    def _own(self, footprint: Footprint, index: int) -> Iterator[Stack]:
        if not footprint.known and index not in self._seen(footprint):
            return
        parts = _parts(footprint, index)
        if footprint.known and not parts:
            return
        host = self.fleet.hosts[footprint.host]
        yield Stack(
            name=footprint.model,
            parts=parts,
            known=footprint.known,
            title=_title(footprint, parts, _memory(host, index)),
            hue=self._hue(footprint.model),
            margin=footprint.margin_on(index),
            why=footprint.why,
        )

    def _seen(self, footprint: Footprint) -> tuple[int, ...]:
        """Return the bar indices where a process of unknown size may take memory."""
        host, model = self.fleet.hosts[footprint.host], self.fleet.models[footprint.model]
        if not host.gpus:
            return (RAM,)
        return _devices(self.fleet.services[footprint.service], host, model, footprint.process)

    def _at_most(self, service: Service, host: Host, index: int) -> Stack | None:
        """Return the most that another service holds of a device."""
        key = (service.name, host.name, index)
        if key not in self._beside:
            self._beside[key] = self._heaviest(service, host, index)
        return self._beside[key]

    def _heaviest(self, service: Service, host: Host, index: int) -> Stack | None:
        every = self._of(service, host)
        if not every:
            return None
        worst = max(every, key=lambda each: sum(_on(one, index) for one in each.footprints))
        size = sum(_on(one, index) for one in worst.footprints)
        blind = [
            one
            for each in every
            for one in each.footprints
            if not one.known and index in self._seen(one)
        ]
        if not size and not blind:
            return None
        most = "" if worst.name == ALWAYS else f" at most, with {' & '.join(worst.models)}"
        why = f"unknown of {blind[0].model}: {blind[0].why}" if blind else ""
        title = f"{service.kind} {service.name} beside it: {words.exact(size)}{most}"
        return Stack(
            name=service.name,
            parts=(Part("whole", size),) if size else (),
            known="" if blind else "estimated",
            title=f"{title}\n{why}" if why else title,
            margin=worst.margin_on(index) if index != RAM else 0,
            why=why,
        )

    def _chip(self, name: str, combination: Combination) -> Chip:
        own = [each for each in combination.footprints if each.model == name]
        known = bool(own) and all(each.known for each in own)
        size = sum(each.bytes_on(card) for each in own for card in each.uses)
        if not any(each.uses for each in own):
            size = sum(each.host_bytes(growing=False) for each in own)
        model = self.fleet.models[name]
        called = model.title if model.title and model.title != name else ""
        title = "\n".join(filter(None, (name, called, *dict.fromkeys(e.why for e in own))))
        return Chip(name, self._hue(name), len(own), size if known else None, title)

    def _hue(self, model: str) -> int:
        return list(self.fleet.models).index(model)


def _devices(service: Service, host: Host, model: Model, process: int) -> tuple[int, ...]:
    seen = model.gpus
    if service.server is not None:
        processes = service.server.processes(host, model)
        seen = next((each.devices for each in processes if each.index == process), seen)
    return tuple(range(len(host.gpus))) if seen is None else seen


def _parts(footprint: Footprint, index: int) -> tuple[Part, ...]:
    if index == RAM:
        return tuple(part for part in footprint.ram if part.size)
    found = (parts for card, parts in footprint.cards if card == index)
    return tuple(part for part in next(found, ()) if part.size)


def _on(footprint: Footprint, index: int) -> int:
    return sum(part.size for part in _parts(footprint, index))


def _memory(host: Host, index: int) -> str:
    return "RAM" if index == RAM else f"GPU {index}, {host.gpus[index].name}"


def _title(footprint: Footprint, parts: tuple[Part, ...], memory: str) -> str:
    lines = [f"{footprint.model}, process {footprint.process} of {footprint.service}, on {memory}"]
    if not footprint.known:
        out = WAY_OUT if "lock" in footprint.why else ""
        return f"{lines[0]}\nunknown: {footprint.why}{out}"
    if len(parts) > 1:
        lines.append(words.listed(parts))
    lines.append(f"in all: {words.exact(sum(part.size for part in parts))}, {footprint.known}")
    lines += footprint.doubts
    return "\n".join(lines)
