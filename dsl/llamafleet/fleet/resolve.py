"""From files to a Fleet: names get their meaning, in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from ..diagnostics.model import Diagnostics
from ..language.syntax import Block, File
from . import declarations
from .collect import collect
from .model import Fleet, Model, Service
from .model_blocks import model_reader
from .observed import NOTHING_OBSERVED, Observations
from .schema.block import BlockSchema
from .scope import Scope, report_unknown_name

T = TypeVar("T")


class Lowers(Protocol):
    """The part of a target that resolving needs: its block kind, and a function that lowers one."""

    @property
    def schema(self) -> BlockSchema:
        """Return the block kind."""

    def lower(self, block: Block, scope: Scope) -> Service | None:
        """Return the service that a block describes; None where it is too broken to go on."""


def resolve(
    files: Sequence[File],
    targets: Sequence[Lowers],
    diagnostics: Diagnostics,
    observed: Callable[[], Observations] = Observations,
) -> Fleet:
    """Resolve every name. What is wrong is reported and left out, the rest is still checked.

    `observed` is asked where a service discovers its models.
    """
    found = collect(files, [target.schema for target in targets], diagnostics)
    scope = Scope(diagnostics, {}, {}, {}, {}, {})
    kinds = found.kinds
    scope.broken["gpu"] = _declare(kinds["gpu"], declarations.gpu, scope.gpus, scope)
    scope.broken["host"] = _declare(kinds["host"], declarations.host, scope.hosts, scope)
    scope.broken["build"] = _declare(kinds["build"], declarations.build, scope.builds, scope)
    scope.broken["gguf"] = _declare(kinds["gguf"], declarations.gguf, scope.ggufs, scope)
    seen = NOTHING_OBSERVED
    reader = model_reader(found.defaults, scope)
    _add(reader.models(kinds["model"]), scope)
    if _any_discover(found.services):
        # Most fleets have none, and load none of this.
        from .discovery import discover

        seen = observed()
        discovered = discover(found.services, seen, scope)
        scope.discovered.update(discovered.services)
        _add(reader.models(discovered.blocks), scope)
    services = _lower(found.services, targets, scope)
    return Fleet(
        path=files[-1].path if files else "",
        gpus=scope.gpus,
        hosts=scope.hosts,
        builds=scope.builds,
        ggufs=scope.ggufs,
        models=scope.models,
        services=services,
        observed=seen,
    )


def _any_discover(services: Mapping[str, Block]) -> bool:
    return any(
        isinstance(each, Block) and each.kind.text == "discover"
        for block in services.values()
        for each in block.entries
    )


def _add(made: Mapping[str, Model | None], scope: Scope) -> None:
    """Add models to the scope; None is one that cannot be served."""
    scope.models.update({name: model for name, model in made.items() if model is not None})
    broken = frozenset(name for name, model in made.items() if model is None)
    scope.broken["model"] = scope.broken.get("model", frozenset()) | broken


def _declare(
    blocks: Mapping[str, Block],
    declare: Callable[[Block, Scope], T | None],
    known: dict[str, T],
    scope: Scope,
) -> frozenset[str]:
    """Fill `known`; returns the names whose blocks declare nothing usable."""
    broken = set()
    for name, block in blocks.items():
        thing = declare(block, scope)
        if thing is None:
            broken.add(name)
        else:
            known[name] = thing
    return frozenset(broken)


def _lower(
    blocks: Mapping[str, Block], targets: Sequence[Lowers], scope: Scope
) -> dict[str, Service]:
    by_kind = {target.schema.kind: target for target in targets}
    services: dict[str, Service] = {}
    for name, block in blocks.items():
        service = by_kind[block.kind.text].lower(block, scope)
        if service is not None:
            services[name] = service
    for service in services.values():
        named = service.front.upstream if service.front else None
        if named is not None and named.text not in blocks:
            report_unknown_name("service", blocks, named, scope.diagnostics)
    return services
