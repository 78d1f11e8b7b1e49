"""unreachable-upstream: a proxy in front of processes that only their own host can reach."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..targets.nginx import Nginx
from ..targets.server.block import LlamaServer
from ..targets.swap.block import LlamaSwap
from .report import error
from .rule import ERROR, Code, rule
from .survey import Survey


@rule(
    Code(
        "unreachable-upstream",
        ERROR,
        "A proxy stands before what only another host can reach, or before itself.",
        in_yaml=False,
    ),
)
def unreachable_upstream(survey: Survey) -> Iterator[Diagnostic]:
    """Upstreams on loopback of another host than the proxy's, and proxies in a circle."""
    for proxy in survey.proxies:
        upstream = survey.fleet.services.get(proxy.upstream.text)
        if _comes_back(proxy, survey):
            message = f"{proxy.name} passes requests to itself, and no service answers them"
            hint = "name a llama-swap or llama-server at the end of the row"
            yield error("unreachable-upstream", message, proxy.upstream.span, hint)
            continue
        if not isinstance(upstream, Nginx | LlamaServer | LlamaSwap):
            continue
        away = [name for name in upstream.hosts if name not in proxy.hosts]
        if away and upstream.listen.loopback:
            message = (
                f"{upstream.name} listens on {upstream.listen.host} of {away[0]}, "
                f"where {proxy.hosts[0]} cannot reach it"
            )
            place = upstream.spans.get("listen", upstream.origin)
            related = Label(place, "listens here" if "listen" in upstream.spans else "by default")
            hint = f"let it listen on an address of {away[0]} that {proxy.hosts[0]} can reach"
            yield error("unreachable-upstream", message, proxy.upstream.span, hint, related)


def _comes_back(proxy: Nginx, survey: Survey) -> bool:
    """Return True if a request that a proxy passes on is passed to that proxy again."""
    seen: object = survey.fleet.services.get(proxy.upstream.text)
    for _ in survey.proxies:
        if seen is proxy or not isinstance(seen, Nginx):
            break
        seen = survey.fleet.services.get(seen.upstream.text)
    return seen is proxy
