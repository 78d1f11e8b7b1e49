"""The memory of a host that is left for one model beside others.

What other services take at worst is never left. Of its own service it is, unless somebody says
otherwise, what may be loaded beside the model in any of its combinations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...fleet.model import Service
from ..footprint import Combination, Footprints
from ..footprint.device_usage import DeviceUsage, room_of, worst_usage


class UnknownNameError(Exception):
    """A name that is none; `known` are those that could be meant."""

    def __init__(self, what: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f'no {what} "{name}"')
        self.what, self.name, self.known = what, name, tuple(known)


@dataclass(frozen=True, slots=True)
class Beside:
    """Room for a model: what each place has, and what others take of it, by their names.

    `unknown` are models of whom nothing is known; they are counted as nothing.
    """

    room: tuple[int | None, ...]
    taken: DeviceUsage
    names: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def left(self) -> tuple[int | None, ...]:
        """Return the bytes that the model may take in each place; None where they are not known."""
        return tuple(
            None if room is None else room - taken
            for room, taken in zip(self.room, self.taken, strict=True)
        )


def beside(
    footprints: Footprints,
    service: Service,
    model: str,
    host: str,
    models: Sequence[str] | None = None,
    set_name: str | None = None,
) -> Beside:
    """Return the room for a model of a service on a host.

    `models` or `set_name` say what of its own host shall stay loaded, instead of everything that
    may be. Names that are none raise UnknownNameError.
    """
    fleet = footprints.fleet
    others = [
        each
        for each in fleet.services.values()
        if each is not service and each.models and host in each.hosts
    ]
    groups = [footprints.together(each.name, host) for each in others]
    own = footprints.together(service.name, host) if model in service.models else ()
    if models is not None:
        groups += [_named(footprints, service, name, host) for name in models if name != model]
    elif set_name is not None:
        found_set = _of_set(own, set_name)
        # A set without the model has no say in what is beside it: then all of it shall fit.
        having = tuple(each for each in found_set if model in each.models)
        groups.append(_without(having or found_set, model))
    else:
        groups.append(_without([each for each in own if model in each.models], model))
    cards = len(fleet.hosts[host].gpus)
    worst = [worst_usage((each.footprints for each in group), cards) for group in groups]
    found = {each.model: each for group in groups for one in group for each in one.footprints}
    found.pop(model, None)
    return Beside(
        room=room_of(fleet.hosts[host]),
        taken=tuple(map(sum, zip(*worst, strict=True))) if worst else (0,) * (cards + 1),
        names=tuple(sorted(found)),
        unknown=tuple(sorted(name for name, each in found.items() if not each.known)),
    )


def _without(combinations: Sequence[Combination], model: str) -> tuple[Combination, ...]:
    return tuple(
        Combination(
            each.name,
            tuple(name for name in each.models if name != model),
            tuple(found for found in each.footprints if found.model != model),
        )
        for each in combinations
    )


def _of_set(own: Sequence[Combination], name: str) -> tuple[Combination, ...]:
    found = tuple(each for each in own if each.name == name)
    if not found:
        names = tuple(dict.fromkeys(each.name for each in own if len(each.models) > 1))
        raise UnknownNameError("set", name, names)
    return found


def _named(
    footprints: Footprints, service: Service, name: str, host: str
) -> tuple[Combination, ...]:
    """A model that stays loaded; one of another service is counted there already."""
    if name in service.models:
        return (Combination(name, (name,), footprints.of(service.name, name, host)),)
    if name not in _served(footprints, host):
        raise UnknownNameError("model", name, tuple(sorted(_served(footprints, host))))
    return ()


def _served(footprints: Footprints, host: str) -> set[str]:
    return set(_names(footprints, host))


def _names(footprints: Footprints, host: str) -> Iterator[str]:
    for service in footprints.fleet.services.values():
        if host in service.hosts:
            yield from service.models
