"""The protocol of targets: one kind of service block, and what it compiles to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from ..fleet.model import Endpoint, Fleet, Host, Service
from ..fleet.schema.block import BlockSchema
from ..fleet.scope import Scope
from ..language.syntax import Block

if TYPE_CHECKING:
    from .plan_types import ServicePlan

Endpoints: TypeAlias = Mapping[str, tuple[Endpoint, ...]]
"""The endpoints of each service of the fleet, by the service's name."""

S = TypeVar("S", bound=Service)


class Target(Protocol[S]):
    """One kind of service; a target's own frozen dataclass is what it lowers a block to."""

    @property
    def schema(self) -> BlockSchema:
        """Return the block's kind and keys."""

    def lower(self, block: Block, scope: Scope) -> S | None:
        """Return the checked service, or None where too much of the block is wrong."""

    def endpoints(self, service: S, fleet: Fleet) -> tuple[Endpoint, ...]:
        """Return the addresses where the service answers."""

    def plan(
        self,
        service: S,
        host: Host,
        fleet: Fleet,
        endpoints: Endpoints,
        memory_max: int | None = None,
    ) -> ServicePlan:
        """Return the plan of the service for one of its hosts.

        `memory_max` limits each of its units, in bytes; None where it is not known what they take.
        """


AnyTarget: TypeAlias = Target[Any]
