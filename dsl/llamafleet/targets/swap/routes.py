"""Who runs beside whom, and where else requests may go: what a llama-swap block says of routes."""

from __future__ import annotations

from collections.abc import Mapping

from ...dataclasses import dataclass
from ...fleet.model import Filters, JsonObject
from ...fleet.schema.values import Named
from ...source import Span


@dataclass(frozen=True, slots=True)
class Group:
    """Models that are swapped together, instead of a matrix."""

    name: str
    models: tuple[Named, ...]
    swap: bool
    exclusive: bool
    persistent: bool
    origin: Span


@dataclass(frozen=True, slots=True)
class Selector:
    """An id that stands for one of several models, chosen for each request."""

    name: str
    strategy: str
    targets: tuple[Named, ...]
    spillover: int | None
    title: str | None
    description: str | None
    unlisted: bool
    metadata: JsonObject
    origin: Span


@dataclass(frozen=True, slots=True)
class Profile:
    """Ids that mean other models while the profile is active; None switches an id off."""

    name: str
    description: str | None
    pins: tuple[tuple[str, Named | None], ...]
    origin: Span


@dataclass(frozen=True, slots=True)
class Peer:
    """Another server whose models are served here, too."""

    name: str
    proxy: str
    models: tuple[str, ...]
    api_key_env: str | None
    timeouts: Mapping[str, int]
    filters: Filters
    origin: Span

    @property
    def ids(self) -> tuple[str, ...]:
        """What its models are called, with and without its own name."""
        return (*(f"{self.name}/{model}" for model in self.models), *self.models)


@dataclass(frozen=True, slots=True)
class Routes:
    """All of them, in the written order; `priority` is by model, `preload` what is loaded first."""

    groups: tuple[Group, ...] = ()
    selectors: tuple[Selector, ...] = ()
    profiles: tuple[Profile, ...] = ()
    peers: tuple[Peer, ...] = ()
    priority: tuple[tuple[Named, int], ...] = ()
    preload: tuple[Named, ...] = ()
