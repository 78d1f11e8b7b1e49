"""The footprints of a fleet, computed when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ...fleet.model import Build, Fleet, Model, Service
from . import host as hosts
from .cards import Free, cards_of
from .combinations import Weigh, combinations
from .model import WRITTEN, Combination, Footprint
from .process import Estimates, Process

if TYPE_CHECKING:
    from ...gguf import GgufFacts


class Footprints:
    """The footprints of a fleet's processes, and their combinations."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._estimates = Estimates(fleet)
        self._found: dict[tuple[str, str, str], tuple[Footprint, ...]] = {}

    def of_fleet(self, fleet: Fleet) -> Footprints:
        """Return those of a fleet that differs in its matrices alone; nothing is recomputed."""
        found = Footprints(fleet)
        found._estimates, found._found = self._estimates, self._found
        return found

    def of(self, service: str, model: str, host: str) -> tuple[Footprint, ...]:
        """Return the processes of a model that a service runs on a host."""
        key = (service, model, host)
        if key not in self._found:
            computed = self.variant(service, self.fleet.models[model], host)
            self._found[key] = self._as_measured(service, model, host, computed)
        return self._found[key]

    def variant(
        self,
        service: str,
        model: Model,
        host: str,
        facts: Mapping[str, GgufFacts] | None = None,
        free: Free | None = None,
    ) -> tuple[Footprint, ...]:
        """Return those of a changed model, with other facts of weights or less free memory."""
        serving = self.fleet.services[service]
        if serving.server is None and host in serving.hosts:
            return (Footprint(service, model.name, host, 0, why=_uncounted(serving)),)
        return tuple(
            self._estimates.footprint(process, model, facts, free)
            for process in self._processes(serving, model, host)
        )

    def _as_measured(
        self, service: str, model: str, host: str, computed: tuple[Footprint, ...]
    ) -> tuple[Footprint, ...]:
        """Replace computed footprints by measured ones, but never written ones."""
        if not self.fleet.measured or any(each.known == WRITTEN for each in computed):
            return computed
        from ...lock.measured import measured_of
        from .measured import as_measured

        found = measured_of(self.fleet, host, service, model)
        if found is None:
            return computed
        served = self.fleet.models[model]
        return tuple(
            as_measured(each, found, cards_of(process.build, process.host, process.devices))
            for each, process in zip(
                computed, self._processes(self.fleet.services[service], served, host), strict=True
            )
        )

    def together(self, service: str, host: str) -> tuple[Combination, ...]:
        """Return the combinations that a service may have in memory on a host."""
        if host not in self.fleet.services[service].hosts:
            return ()
        cards = range(len(self.fleet.hosts[host].gpus))
        weighs = tuple(self._weigh(service, host, card) for card in cards)
        return tuple(
            Combination(name, models, tuple(self._of_all(service, models, host)))
            for name, models in combinations(self.fleet.services[service], weighs)
        )

    def room(self, host: str) -> tuple[int | None, ...]:
        """Return the bytes of each card that models may use; None where its size is not known."""
        return hosts.room(self.fleet.hosts[host])

    def _weigh(self, service: str, host: str, card: int) -> Weigh:
        def weigh(model: str) -> int:
            return sum(each.bytes_on(card) for each in self.of(service, model, host))

        return weigh

    def _of_all(self, service: str, models: tuple[str, ...], host: str) -> Iterator[Footprint]:
        for model in models:
            yield from self.of(service, model, host)

    def _processes(self, service: Service, model: Model, host: str) -> Iterator[Process]:
        on = self.fleet.hosts[host]
        build = self._build(service, model)
        if service.server is not None and host in service.hosts:
            for each in service.server.processes(on, model):
                yield Process(service.name, on, build, each.index, each.devices)

    def _build(self, service: Service, model: Model) -> Build | None:
        if not model.needs_build or not service.builds:
            return None
        return self.fleet.builds[service.builds[0]]


def _uncounted(service: Service) -> str:
    return f"llamafleet does not know how {service.kind} runs its models, so it counts none of them"
