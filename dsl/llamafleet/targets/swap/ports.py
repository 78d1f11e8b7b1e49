"""The ports of the servers behind one llama-swap."""

from __future__ import annotations

from collections.abc import Sequence

from ...fleet.model import Model
from ...fleet.schema.block import Fields
from ...fleet.scope import Scope


def claim_ports(
    fields: Fields, host: str, models: Sequence[Model], scope: Scope
) -> tuple[int, ...]:
    """Return a port for each model: its own if it names one, else this llama-swap's next."""
    free = [model for model in models if model.port is None]
    for model in models:
        if model.port is not None:
            place = model.spans.get("port", model.origin)
            scope.claim_ports(host, 1, model.port, place)
    first = scope.claim_ports(
        host, len(free), fields.integer("start-port"), fields.span("start-port")
    )
    following = iter(range(first, first + len(free)))
    return tuple(next(following) if each.port is None else each.port for each in models)
