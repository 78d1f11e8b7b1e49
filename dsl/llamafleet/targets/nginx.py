"""nginx as a service: a reverse proxy in front of one service's processes.

What its settings are for:

- A prompt must not be submitted twice. `proxy_next_upstream error timeout` repeats a POST only
  where it was never sent, which is when the connection failed; `non_idempotent` would lift that.
- llama-server listens before it has loaded its model and answers 503 meanwhile, at once. To
  `least_conn` such a process looks idle, and it would draw every request. A 503 is a refusal, not
  a started prompt, so a second location passes the request on, and marks the process as failed.
- A kept connection must be closed by us first: llama-server closes an idle one after five seconds,
  and a POST sent at that moment cannot be repeated.
- A long generation is no failure: only a connection that fails, a refusal, or silence for the
  whole `proxy-read-timeout` counts, and a process that failed is tried again ten seconds later.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..fleet.model import NO_SPANS, Endpoint, Fleet, Host, ListenAddress, Spans
from ..fleet.scope import Scope
from ..language.source import Span
from ..language.syntax import Block
from ..plan_types import Artifact, Probe, ServedModel, ServicePlan, Unit
from ..schema.block import BlockSchema, Fields, Key, read_block
from ..schema.values import (
    Choice,
    Duration,
    Integer,
    Listen,
    Named,
    Pattern,
    Reference,
    Size,
    Switch,
)
from ..writers.nginx_conf import Directive, Variable, to_nginx
from .target import Endpoints

UNIT = "nginx.service"
HEADER = ("Managed by llamafleet: edits here are overwritten.",)
DEFAULT_LISTEN = ListenAddress("127.0.0.1", 8000)
FIRST_TOKEN = 600  # seconds for a long prompt on a slow card, before anything is sent back
KEPT_SECONDS = 4  # less than the five after which llama-server closes an idle connection
MIB = 1024 * 1024

SCHEMA = BlockSchema(
    kind="nginx",
    help="A reverse proxy in front of one service's processes.",
    keys=(
        Key("host", Reference("host"), "The machine it runs on.", required=True),
        Key("listen", Listen(), "Where it listens.", required=True, upstream="listen"),
        Key("upstream", Reference("service"), "The service whose processes answer.", required=True),
        Key(
            "server-name",
            Pattern(
                r"_|(\*\.|\.)?[A-Za-z0-9]([A-Za-z0-9._\-]*[A-Za-z0-9])?",
                'a host name in quotes such as "llm.example.org"',
            ),
            "The host name that it answers to; by default any.",
            default="_",
            upstream="server_name",
        ),
        Key(
            "balance",
            Choice("least_conn", "round_robin", "ip_hash", "random"),
            "How requests are spread.",
            default="least_conn",
        ),
        Key(
            "keepalive",
            Integer(1, 65535),
            "Idle connections that each worker process keeps open to the processes.",
            default=32,
            upstream="keepalive",
        ),
        Key(
            "client-max-body-size",
            Size(),
            "The largest request; pictures count as base64.",
            default=64 * MIB,
            upstream="client_max_body_size",
        ),
        Key(
            "proxy-connect-timeout",
            Duration(1000),
            "How long a connection may take.",
            default=5_000,
            upstream="proxy_connect_timeout",
        ),
        Key(
            "proxy-send-timeout",
            Duration(1000),
            "How long a process may stop reading.",
            default=60_000,
            upstream="proxy_send_timeout",
        ),
        Key(
            "proxy-read-timeout",
            Duration(1000),
            "How long a process may be silent; by default ten minutes for the first token, and the "
            "upstream's health-check-timeout for a model that has to be loaded.",
            upstream="proxy_read_timeout",
        ),
        Key(
            "proxy-buffering",
            Switch(),
            "Off, so that tokens stream.",
            default=False,
            upstream="proxy_buffering",
        ),
        Key(
            "proxy-next-upstream",
            Switch(),
            "Try another process where one cannot be reached or is still loading; a prompt that "
            "was taken is never submitted twice.",
            default=True,
            upstream="proxy_next_upstream",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Nginx:
    """A checked `nginx` block."""

    name: str
    host: str
    listen: ListenAddress
    upstream: Named
    server_name: str
    balance: str
    keepalive: int
    client_max_body_size: int
    connect_timeout: int
    send_timeout: int
    read_timeout: int | None
    buffering: bool
    next_upstream: bool
    origin: Span
    spans: Spans = field(default_factory=lambda: NO_SPANS)
    kind: str = "nginx"
    builds: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The one machine."""
        return (self.host,)

    @property
    def upstreams(self) -> tuple[Named, ...]:
        """Services that must exist for this one to work."""
        return (self.upstream,)


class NginxTarget:
    """See the module."""

    schema = SCHEMA

    def lower(self, block: Block, scope: Scope) -> Nginx | None:
        """Resolve the host and take the port; whether the upstream exists is checked later."""
        fields = read_block(block, SCHEMA, scope.diagnostics)
        named, upstream, listen = (
            fields.name("host"),
            fields.name("upstream"),
            fields.listen("listen"),
        )
        host = scope.host(named) if named else None
        if host is None or upstream is None or listen is None:
            return None
        scope.claim_ports(host.name, 1, listen.port, fields.span("listen"))
        return Nginx(
            name=fields.label.text,
            host=host.name,
            listen=listen,
            upstream=upstream,
            server_name=fields.text("server-name") or "_",
            balance=fields.text("balance") or "least_conn",
            keepalive=fields.integer("keepalive") or 32,
            client_max_body_size=_size(fields),
            connect_timeout=fields.seconds("proxy-connect-timeout") or 5,
            send_timeout=fields.seconds("proxy-send-timeout") or 60,
            read_timeout=fields.seconds("proxy-read-timeout"),
            buffering=fields.switch("proxy-buffering"),
            next_upstream=fields.switch("proxy-next-upstream"),
            origin=block.header,
            spans=fields.spans,
        )

    def endpoints(self, service: Nginx, fleet: Fleet) -> tuple[Endpoint, ...]:
        """The one address."""
        return (
            Endpoint(
                service=service.name,
                host=service.host,
                address=fleet.hosts[service.host].address,
                listen=service.listen,
                process=UNIT,
            ),
        )

    def plan(self, service: Nginx, host: Host, fleet: Fleet, endpoints: Endpoints) -> ServicePlan:
        """One file, which nginx reads again when it changes."""
        behind = endpoints.get(service.upstream.text, ())
        artifact = Artifact(
            path=f"/etc/nginx/conf.d/llamafleet-{service.name}.conf",
            content=to_nginx(site(service, behind), header=HEADER),
            reloads=(UNIT,),
        )
        ids = dict.fromkeys(model for endpoint in behind for model in endpoint.models)
        probe = Probe(
            kind=service.kind,
            service=service.name,
            unit=UNIT,
            address="127.0.0.1" if service.listen.everywhere else service.listen.host,
            port=service.listen.port,
            models=tuple(ServedModel(each) for each in ids),
        )
        return ServicePlan(
            kind=service.kind,
            name=service.name,
            artifacts=(artifact,),
            units=(Unit(UNIT, "/usr/sbin/nginx", managed=False),),
            probes=(probe,),
            user="root",
        )


TARGET = NginxTarget()


def site(service: Nginx, behind: tuple[Endpoint, ...]) -> tuple[Directive, ...]:
    """The two blocks of the file."""
    return (_upstream(service, behind), _server(service, behind))


def _upstream(service: Nginx, behind: tuple[Endpoint, ...]) -> Directive:
    group = _group(service)
    # Shared memory makes counts and failures hold for all worker processes, not for each alone.
    block = [Directive("zone", (group, f"{64 * (1 + len(behind) // 32)}k"))]
    if service.balance != "round_robin":
        block.append(Directive(service.balance))
    for endpoint in behind:
        address = str(ListenAddress(endpoint.reached_from(service.host), endpoint.listen.port))
        failing = ("max_fails=1", "fail_timeout=10s")
        note = f"{endpoint.host} {endpoint.process}"
        block.append(Directive("server", (address, *failing), note=note))
    block.append(Directive("keepalive", (service.keepalive,)))
    block.append(Directive("keepalive_timeout", (f"{KEPT_SECONDS}s",)))
    return Directive("upstream", (group,), tuple(block))


def _server(service: Nginx, behind: tuple[Endpoint, ...]) -> Directive:
    passes_on = service.next_upstream and len(behind) > 1
    root = [Directive("proxy_pass", (f"http://{_group(service)}",))]
    block = [
        Directive("listen", (str(service.listen),)),
        Directive("server_name", (service.server_name,)),
        Directive("client_max_body_size", (_bytes(service.client_max_body_size),)),
        # Prompts that fit stay in memory: nothing of them is written to disk.
        Directive("client_body_buffer_size", ("1m",)),
        *_proxy(service, behind),
    ]
    retries = ("error", "timeout") if service.next_upstream else ("off",)
    root.append(Directive("proxy_next_upstream", retries))
    if passes_on:
        root.append(Directive("proxy_intercept_errors", ("on",)))
        root.append(Directive("error_page", (503, "=", "@loading")))
    block.append(Directive("location", ("/",), tuple(root)))
    if passes_on:
        block.append(Directive("location", ("@loading",), _loading(service)))
    return Directive("server", (), tuple(block))


def _proxy(service: Nginx, behind: tuple[Endpoint, ...]) -> tuple[Directive, ...]:
    cold = max((endpoint.cold_start for endpoint in behind), default=0)
    read = service.read_timeout or FIRST_TOKEN + cold
    headers: tuple[tuple[str, str | Variable], ...] = (
        ("Connection", ""),
        ("Host", Variable("host")),
        ("X-Real-IP", Variable("remote_addr")),
        ("X-Forwarded-For", Variable("proxy_add_x_forwarded_for")),
        ("X-Forwarded-Host", Variable("host")),
        ("X-Forwarded-Proto", Variable("scheme")),
    )
    return (
        Directive("proxy_http_version", ("1.1",)),
        *(Directive("proxy_set_header", header) for header in headers),
        Directive("proxy_connect_timeout", (f"{service.connect_timeout}s",)),
        Directive("proxy_send_timeout", (f"{service.send_timeout}s",)),
        Directive("proxy_read_timeout", (f"{read}s",)),
        Directive("proxy_buffering", ("on" if service.buffering else "off",)),
    )


def _loading(service: Nginx) -> tuple[Directive, ...]:
    """Where a request goes that was refused: the next process, but only while they refuse."""
    return (
        Directive("proxy_pass", (f"http://{_group(service)}",)),
        Directive("proxy_next_upstream", ("http_503", "non_idempotent")),
    )


def _group(service: Nginx) -> str:
    return f"llamafleet-{service.name}"


def _size(fields: Fields) -> int:
    size = fields.size("client-max-body-size")
    return 64 * MIB if size is None else size


def _bytes(size: int) -> str:
    """nginx's own unit where it fits."""
    return f"{size // MIB}m" if size and size % MIB == 0 else str(size)
