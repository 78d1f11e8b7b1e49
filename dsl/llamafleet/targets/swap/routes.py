"""Groups, selectors, profiles and peers of a `llama-swap` block, once checked.

`passed` of each are its keys that pass through to llama-swap as they are written.
"""

from __future__ import annotations

from ...dataclasses import dataclass
from ...fleet.model import Filters, JsonObject
from ...fleet.schema.pass_through import PassedValue
from ...fleet.schema.values import Named
from ...source import Span


@dataclass(frozen=True, slots=True)
class Group:
    """Models that share swapping rules, instead of a matrix."""

    name: str
    models: tuple[Named, ...]
    swap: bool
    exclusive: bool
    persistent: bool
    passed: tuple[PassedValue, ...]
    origin: Span


@dataclass(frozen=True, slots=True)
class Selector:
    """An id that stands for one of several models, chosen for each request."""

    name: str
    strategy: str
    targets: tuple[Named, ...]
    metadata: JsonObject
    passed: tuple[PassedValue, ...]
    origin: Span


@dataclass(frozen=True, slots=True)
class Profile:
    """Ids that mean other models while the profile is active; None switches an id off."""

    name: str
    pins: tuple[tuple[str, Named | None], ...]
    passed: tuple[PassedValue, ...]
    origin: Span


@dataclass(frozen=True, slots=True)
class Peer:
    """Another server whose models are served here, too."""

    name: str
    proxy: str
    models: tuple[str, ...]
    api_key_env: str | None
    filters: Filters
    passed: tuple[PassedValue, ...]
    origin: Span

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of its models, with and without the peer's name."""
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
