"""nginx as a service: a reverse proxy in front of one service's processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dataclasses import dataclass, field
from ..fleet.model import NO_SPANS, Endpoint, Fleet, Host, ListenAddress, Spans
from ..fleet.schema.block import Fields, read_block
from ..fleet.schema.values import Named
from ..fleet.scope import Scope
from ..fleet.service import Front, Keys, Limit, row_behind
from ..language.syntax import Block
from ..source import Span
from .process.paths import HEALTH, api_prefix
from .proxy.inference import APIS, DEFAULT_API
from .proxy.schema import DIRECTIVES, SCHEMA
from .proxy.settings import settings_of, unwritable
from .proxy.site import UNIT, Site
from .target import Endpoints

if TYPE_CHECKING:
    from .plan_types import ServicePlan


@dataclass(frozen=True, slots=True)
class Nginx:
    """A checked `nginx` block."""

    site: Site
    upstream: Named
    origin: Span
    spans: Spans = field(default_factory=lambda: NO_SPANS)
    kind: str = "nginx"
    builds: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the block's label."""
        return self.site.name

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the one machine."""
        return (self.site.host,)

    @property
    def listen(self) -> ListenAddress:
        """Return the address it listens on."""
        return self.site.listen

    @property
    def keys(self) -> Keys:
        """Return no keys of its own: it passes on what the service behind asks for."""
        return Keys()

    @property
    def server(self) -> None:
        """It runs no models."""
        return None

    @property
    def front(self) -> Front:
        """Return what it passes on: the inference API, and the exposed paths."""
        key, read = "proxy-read-timeout", self.site.read_timeout
        origin = self.spans.get(key, self.origin)
        return Front(
            self.upstream,
            read_timeout=None if read is None else Limit(read, key, origin),
            expose=self.site.expose,
            exposed_at=self.spans.get("expose"),
        )


class NginxTarget:
    """See the module."""

    schema = SCHEMA

    def lower(self, block: Block, scope: Scope) -> Nginx | None:
        """Resolve the host and take the port; whether the upstream exists is checked later."""
        fields = read_block(block, SCHEMA, scope.diagnostics)
        named, upstream = fields.name("host"), fields.name("upstream")
        host = scope.host(named) if named else None
        listen = fields.listen("listen")
        if host is None or upstream is None or listen is None:
            return None
        scope.claim_ports(host.name, 1, listen.port, fields.span("listen"))
        site = _site(fields, host, listen)
        for name, text in unwritable(site.settings):
            key = next(each.key.name for each in DIRECTIVES if each.key.upstream == name)
            message = f'nginx would take a part of "{text}" for a variable'
            hint = "remove the $: nginx cannot escape it"
            scope.diagnostics.error("wrong-type", message, fields.span(key), hint=hint)
        return Nginx(site, upstream, origin=block.header, spans=fields.spans)

    def endpoints(self, service: Nginx, fleet: Fleet) -> tuple[Endpoint, ...]:
        """Return the one address."""
        host = fleet.hosts[service.site.host]
        api, prefix = _answering(service, fleet)
        return (
            Endpoint(
                service.name,
                host.name,
                host.address,
                service.listen,
                UNIT,
                api=api,
                prefix=prefix,
                health=prefix + HEALTH,
            ),
        )

    def plan(
        self,
        service: Nginx,
        host: Host,
        fleet: Fleet,
        endpoints: Endpoints,
        memory_max: int | None = None,
    ) -> ServicePlan:
        """Return one file, which nginx reads again when it changes."""
        # What only a plan needs is not loaded by `check`.
        from .proxy.plan import plan_site

        return plan_site(service.site, host, endpoints.get(service.upstream.text, ()))


TARGET = NginxTarget()


def _answering(service: Nginx, fleet: Fleet) -> tuple[str, str]:
    """Return the kind of the service behind all proxies, and the prefix of its paths."""
    row, answered = row_behind(service, fleet.services)
    found = row[-1]
    if not answered or found.kind not in APIS:
        return DEFAULT_API, ""
    prefixed = found.kind == DEFAULT_API and found.models
    return found.kind, api_prefix(fleet.models[found.models[0]]) if prefixed else ""


def _site(fields: Fields, host: Host, listen: ListenAddress) -> Site:
    return Site(
        name=fields.label.text,
        host=host.name,
        listen=listen,
        server_name=fields.text("server-name") or "_",
        balance=fields.text("balance") or "least_conn",
        keepalive=fields.integer("keepalive") or 32,
        settings=tuple(settings_of(fields, DIRECTIVES)),
        connect_timeout=fields.seconds("proxy-connect-timeout"),
        read_timeout=fields.seconds("proxy-read-timeout"),
        next_upstream=fields.switch("proxy-next-upstream"),
        expose=tuple(dict.fromkeys(fields.texts("expose"))),
    )
