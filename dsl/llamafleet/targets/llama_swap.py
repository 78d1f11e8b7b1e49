"""llama-swap as a service: one endpoint, models loaded on request, and a matrix of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fleet.discover_block import read_discovers
from ..fleet.matrix import Matrix
from ..fleet.matrix_block import lower_matrix
from ..fleet.model import Endpoint, Fleet, Host, Model
from ..fleet.request_filters import NestedBlocks
from ..fleet.schema.block import Fields, read_block
from ..fleet.schema.swap_routing import MATRIX
from ..fleet.schema.values import Named
from ..fleet.scope import Scope
from ..language.syntax import Block
from .process.slots import slots
from .process.unit_settings import read_unit_settings
from .swap.block import DEFAULT_LISTEN, DEFAULT_VERSION, SCHEMA, LlamaSwap
from .swap.checks import (
    check_models,
    check_patterns,
    check_some_models,
    check_texts,
    check_variants,
)
from .swap.pass_through import check_pass_through, check_pass_through_values
from .swap.ports import claim_ports
from .swap.routes_block import lower_routes
from .swap.settings import Settings, read_settings
from .swap.versions import check_versions
from .target import Endpoints

if TYPE_CHECKING:
    from .plan_types import ServicePlan


class LlamaSwapTarget:
    """See the module."""

    schema = SCHEMA

    def lower(self, block: Block, scope: Scope) -> LlamaSwap | None:
        """Resolve names, check what llama-swap would misread, and take the ports."""
        fields = read_block(block, SCHEMA, scope.diagnostics)
        host_name, build_name = fields.name("host"), fields.name("build")
        host = scope.host(host_name) if host_name else None
        build = scope.build(build_name) if build_name else None
        discovers = read_discovers(block, scope.diagnostics)
        models = _models(fields, scope)
        blocks = NestedBlocks(scope.diagnostics)
        version = int((fields.text("version") or DEFAULT_VERSION)[1:])
        check_versions(fields, tuple(model for _, model in models), version, scope.diagnostics)
        check_some_models(fields, discovers, scope.diagnostics)
        check_models(fields, models, scope.diagnostics)
        check_variants(models, scope.diagnostics)
        check_patterns(fields, scope.diagnostics)
        check_texts(block, scope.diagnostics)
        check_pass_through(fields, [model for _, model in models], scope.diagnostics)
        if host is None or not (models or discovers) or (build_name and build is None):
            return None
        listen = fields.listen("listen") or DEFAULT_LISTEN
        matrix = _matrix(fields, models, version, scope)
        routes = lower_routes(fields, models, matrix, blocks)
        scope.claim_ports(host.name, 1, listen.port, fields.span("listen"))
        return LlamaSwap(
            name=fields.label.text,
            host=host.name,
            build=build.name if build else None,
            version=version,
            sha256=fields.text("sha256"),
            listen=listen,
            models=tuple(model.name for _, model in models),
            ports=claim_ports(fields, host.name, [model for _, model in models], scope),
            global_ttl=fields.seconds("global-ttl") or 0,
            settings=_settings(fields, models, version, blocks),
            watch_config=fields.switch("watch-config"),
            matrix=matrix,
            routes=routes,
            unit_settings=read_unit_settings(fields),
            origin=block.header,
            spans=fields.spans,
            discover=discovers,
            discovered=scope.discovered.get(fields.label.text, ()),
        )

    def endpoints(self, service: LlamaSwap, fleet: Fleet) -> tuple[Endpoint, ...]:
        """Return the one address; a request may have to wait until a model is loaded."""
        models = [fleet.models[name] for name in service.models]
        return (
            Endpoint(
                service=service.name,
                host=service.host,
                address=fleet.hosts[service.host].address,
                listen=service.listen,
                process=service.unit,
                slots=sum(slots(model) for model in models),
                models=tuple(model.name for model in models if not model.unlisted),
                cold_start=service.settings.health_check_timeout,
                key=next(iter(service.settings.api_key_env), None),
                key_file=service.unit_settings.environment_file,
                api=service.kind,
            ),
        )

    def plan(
        self,
        service: LlamaSwap,
        host: Host,
        fleet: Fleet,
        endpoints: Endpoints,
        memory_max: int | None = None,
    ) -> ServicePlan:
        """Return the configuration, the unit, and the release that runs."""
        # What only a plan needs is not loaded by `check`.
        from .swap.plan import plan_swap

        return plan_swap(service, host, fleet, memory_max)


TARGET = LlamaSwapTarget()


def _models(fields: Fields, scope: Scope) -> tuple[tuple[Named, Model], ...]:
    """Return each served model once, with where it is named."""
    found: dict[str, tuple[Named, Model]] = {}
    for named in fields.names("models"):
        model = scope.model(named)
        if model is not None:
            found.setdefault(model.name, (named, model))
    for name in scope.discovered.get(fields.label.text, ()):
        # None is one that the defaults have spoilt, and that is reported.
        if (model := scope.models.get(name)) is not None:
            found.setdefault(name, (Named(name, model.origin), model))
    return tuple(found.values())


def _matrix(
    fields: Fields, models: tuple[tuple[Named, Model], ...], version: int, scope: Scope
) -> Matrix | None:
    block = fields.nested(MATRIX.kind)
    alone = frozenset(scope.discovered.get(fields.label.text, ()))
    named = [named for named, _ in models]
    return lower_matrix(block, named, version, scope, alone) if block else None


def _settings(
    fields: Fields, models: tuple[tuple[Named, Model], ...], version: int, blocks: NestedBlocks
) -> Settings:
    settings = read_settings(fields, version, blocks)
    own = [model for _, model in models]
    check_pass_through_values(fields, settings.pass_through, own, version, blocks.diagnostics)
    return settings
