"""One reverse proxy as nginx directives: a group of processes, and the server in front of it.

What the settings are for:

- Only what is in a table passes: see `allowed_paths.py`.
- A request that was not taken finds another process, and one that was taken is never sent twice:
  see `retries.py`.
- To `least_conn` a process that loads its model looks idle, since it refuses at once. So a process
  that refuses costs a request one more hop, and is not held for failed: it is used as soon as it is
  ready. One that cannot be reached is left alone for a second or two, which is the shortest time
  that nginx knows, so that a machine that is off delays few requests.
- A kept connection must be closed by us first: llama-server closes an idle one after five seconds,
  and a POST sent at that moment cannot be repeated.
"""

from __future__ import annotations

from ...fleet.model import Endpoint, ListenAddress
from ..writers.nginx_conf import Argument, Directive, Joined
from . import allowed_paths, retries
from .allowed_paths import HEADERS
from .site import Site

FIRST_TOKEN = 600  # seconds for a long prompt on a slow card, before anything is sent back
KEPT_SECONDS = 4  # less than the five after which llama-server closes an idle connection
CONNECT_SECONDS = 5
CONNECT_SECONDS_OF_SEVERAL = 1  # there is another to ask
SWAP = "llama-swap"
ORDER = (
    *("default_type", "client_max_body_size", "client_body_buffer_size", "proxy_http_version"),
    *("proxy_connect_timeout", "proxy_send_timeout", "proxy_read_timeout", "proxy_buffering"),
)
"""What comes first, as ever: a file in another order would be reloaded for nothing."""


def directives(site: Site, behind: tuple[Endpoint, ...]) -> tuple[Directive, ...]:
    """Return the whole file."""
    first = behind[0]
    searches, keeps_503 = _searches(site, behind), _keeps_503(behind)
    found = [
        *allowed_paths.tables(site, first.api, first.prefix),
        *retries.tables(site, searches=searches, keeps_503=keeps_503),
        _upstream(site, behind),
    ]
    if searches:
        found.append(_search_group(site, behind))
    return (*found, _server(site, behind))


def _keeps_503(behind: tuple[Endpoint, ...]) -> bool:
    """Return True for llama-swap, which answers 503 itself; llama-server's 503 means loading."""
    return behind[0].api == SWAP


def _searches(site: Site, behind: tuple[Endpoint, ...]) -> bool:
    return site.next_upstream and len(behind) > 1


def _upstream(site: Site, behind: tuple[Endpoint, ...]) -> Directive:
    block = [_zone(site.group, behind)]
    if site.balance != "round_robin":
        block.append(Directive(site.balance))
    block += [_process(site, endpoint, fails=1) for endpoint in behind]
    block.append(Directive("keepalive", (site.keepalive,)))
    block.append(Directive("keepalive_timeout", (f"{KEPT_SECONDS}s",)))
    return Directive("upstream", (site.group,), tuple(block))


def _search_group(site: Site, behind: tuple[Endpoint, ...]) -> Directive:
    processes = (_process(site, endpoint, fails=0) for endpoint in behind)
    block = (_zone(site.all_of_them, behind), *processes)
    return Directive("upstream", (site.all_of_them,), block)


def _zone(group: str, behind: tuple[Endpoint, ...]) -> Directive:
    # Shared memory makes counts and failures hold for all worker processes, not for each alone.
    return Directive("zone", (group, f"{64 * (1 + len(behind) // 32)}k"))


def _process(site: Site, endpoint: Endpoint, *, fails: int) -> Directive:
    address = ListenAddress(endpoint.reached_from(site.host), endpoint.listen.port)
    process = endpoint.process.removesuffix(".service")
    memory = ("max_fails=1", "fail_timeout=1s") if fails else ("max_fails=0",)
    return Directive("server", (str(address), *memory), note=f"{endpoint.host}: {process}")


def _server(site: Site, behind: tuple[Endpoint, ...]) -> Directive:
    searches = _searches(site, behind)
    block = (
        Directive("listen", (str(site.listen),)),
        Directive("server_name", (site.server_name,)),
        *_limits(site, behind),
        Directive("location", ("/",), _inference(site, behind)),
        *allowed_paths.exposed(site),
        *retries.locations(site, behind[0].health, searches=searches, keeps_503=_keeps_503(behind)),
    )
    return Directive("server", (), block)


def _limits(site: Site, behind: tuple[Endpoint, ...]) -> tuple[Directive, ...]:
    cold = max((endpoint.cold_start for endpoint in behind), default=0)
    read = site.read_timeout or FIRST_TOKEN + cold
    several = _searches(site, behind)
    connect = site.connect_timeout or (CONNECT_SECONDS_OF_SEVERAL if several else CONNECT_SECONDS)
    settings: dict[str, tuple[Argument, ...]] = {
        "default_type": ("application/json",),  # of what nginx answers by itself
        # Prompts that fit stay in memory: nothing of them is written to disk.
        "client_body_buffer_size": ("1m",),
        "proxy_http_version": ("1.1",),
        "proxy_connect_timeout": (f"{connect}s",),
        "proxy_read_timeout": (f"{read}s",),
        **dict(site.settings),
    }
    names = sorted(settings, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    # By itself nginx repeats a POST only where it had not been sent.
    repeats = ("error", "timeout") if site.next_upstream else ("off",)
    return (
        *(Directive(name, settings[name]) for name in names),
        Directive("proxy_next_upstream", repeats),
        # One answer of ours may lead to the next.
        Directive("recursive_error_pages", ("on",)),
        *(Directive("proxy_set_header", header) for header in HEADERS),
    )


def _inference(site: Site, behind: tuple[Endpoint, ...]) -> tuple[Directive, ...]:
    searches = _searches(site, behind)
    return (
        *allowed_paths.unless_it_passes(site),
        Directive("proxy_pass", (Joined((f"http://{site.group}", *allowed_paths.path_of(site))),)),
        *(allowed_paths.headers(site) if site.exposes_everything else ()),
        *retries.where_errors_go(searches=searches, keeps_503=_keeps_503(behind)),
    )
