"""One reverse proxy as nginx directives: a group of processes, and the server in front of it.

What the settings are for:

- A prompt must not be submitted twice. `proxy_next_upstream error timeout` repeats a POST only
  where it was never sent, which is when the connection failed; `non_idempotent` would lift that.
- llama-server listens before it has loaded its model and answers 503 meanwhile, at once. To
  `least_conn` such a process looks idle, and it would draw every request. A 503 is a refusal, not
  a started prompt, so a second location passes the request on; there, a process that refuses
  again counts as failed.
- A kept connection must be closed by us first: llama-server closes an idle one after five seconds,
  and a POST sent at that moment cannot be repeated.
- A long generation is no failure: only a connection that fails, a refusal, or silence for the
  whole `proxy-read-timeout` counts, and a process that failed is tried again ten seconds later.
"""

from __future__ import annotations

from ...fleet.model import Endpoint, ListenAddress
from ...writers.nginx_conf import Argument, Directive, Variable
from .site import MIB, Site

FIRST_TOKEN = 600  # seconds for a long prompt on a slow card, before anything is sent back
KEPT_SECONDS = 4  # less than the five after which llama-server closes an idle connection
LOADING = "@loading"

HEADERS: tuple[tuple[str, str | Variable], ...] = (
    ("Connection", ""),
    ("Host", Variable("host")),
    ("X-Real-IP", Variable("remote_addr")),
    ("X-Forwarded-For", Variable("proxy_add_x_forwarded_for")),
    ("X-Forwarded-Host", Variable("host")),
    ("X-Forwarded-Proto", Variable("scheme")),
)


def directives(site: Site, behind: tuple[Endpoint, ...]) -> tuple[Directive, ...]:
    """The whole file."""
    return (_upstream(site, behind), _server(site, behind))


def _upstream(site: Site, behind: tuple[Endpoint, ...]) -> Directive:
    # Shared memory makes counts and failures hold for all worker processes, not for each alone.
    block = [Directive("zone", (site.group, f"{64 * (1 + len(behind) // 32)}k"))]
    if site.balance != "round_robin":
        block.append(Directive(site.balance))
    block += [_process(site, endpoint) for endpoint in behind]
    block.append(Directive("keepalive", (site.keepalive,)))
    block.append(Directive("keepalive_timeout", (f"{KEPT_SECONDS}s",)))
    return Directive("upstream", (site.group,), tuple(block))


def _process(site: Site, endpoint: Endpoint) -> Directive:
    address = ListenAddress(endpoint.reached_from(site.host), endpoint.listen.port)
    process = endpoint.process.removesuffix(".service")
    return Directive(
        "server",
        (str(address), "max_fails=1", "fail_timeout=10s"),
        note=f"{endpoint.host}: {process}",
    )


def _server(site: Site, behind: tuple[Endpoint, ...]) -> Directive:
    passes_on = site.next_upstream and len(behind) > 1
    block = [
        Directive("listen", (str(site.listen),)),
        Directive("server_name", (site.server_name,)),
        *_limits(site, behind),
        Directive("location", ("/",), _root(site, passes_on=passes_on)),
    ]
    if passes_on:
        block.append(Directive("location", (LOADING,), _loading(site)))
    return Directive("server", (), tuple(block))


def _limits(site: Site, behind: tuple[Endpoint, ...]) -> tuple[Directive, ...]:
    cold = max((endpoint.cold_start for endpoint in behind), default=0)
    read = site.read_timeout or FIRST_TOKEN + cold
    settings: tuple[tuple[str, Argument], ...] = (
        ("client_max_body_size", _bytes(site.client_max_body_size)),
        # Prompts that fit stay in memory: nothing of them is written to disk.
        ("client_body_buffer_size", "1m"),
        ("proxy_http_version", "1.1"),
        ("proxy_connect_timeout", f"{site.connect_timeout}s"),
        ("proxy_send_timeout", f"{site.send_timeout}s"),
        ("proxy_read_timeout", f"{read}s"),
        ("proxy_buffering", "on" if site.buffering else "off"),
    )
    return (
        *(Directive(name, (value,)) for name, value in settings),
        *(Directive("proxy_set_header", header) for header in HEADERS),
    )


def _root(site: Site, *, passes_on: bool) -> tuple[Directive, ...]:
    retries = ("error", "timeout") if site.next_upstream else ("off",)
    block = [
        Directive("proxy_pass", (f"http://{site.group}",)),
        Directive("proxy_next_upstream", retries),
    ]
    if passes_on:
        block.append(Directive("proxy_intercept_errors", ("on",)))
        block.append(Directive("error_page", (503, "=", LOADING)))
    return tuple(block)


def _loading(site: Site) -> tuple[Directive, ...]:
    """Where a request goes that was refused: to the next process, as long as they refuse."""
    return (
        Directive("proxy_pass", (f"http://{site.group}",)),
        Directive("proxy_next_upstream", ("http_503", "non_idempotent")),
    )


def _bytes(size: int) -> str:
    """nginx's own unit where it fits."""
    return f"{size // MIB}m" if size and size % MIB == 0 else str(size)
