"""unreachable-upstream: a proxy that cannot reach its upstream, or is its own."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.service import row_behind
from .context import RuleContext
from .report import error
from .rule import ERROR, Code, rule


@rule(
    Code(
        "unreachable-upstream",
        ERROR,
        "A proxy cannot reach its upstream, or is its own upstream.",
        in_yaml=False,
    ),
)
def unreachable_upstream(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for upstreams on loopback of another host, and for proxies in a circle."""
    services = context.fleet.services
    for proxy, front in context.fronts:
        upstream = services.get(front.upstream.text)
        row, _ = row_behind(proxy, services)
        last = row[-1].front
        if last is not None and services.get(last.upstream.text) is proxy:
            message = (
                f'{proxy.kind} "{proxy.name}" is its own upstream, so nothing answers its requests'
            )
            hint = "end the chain of upstreams with a llama-swap or llama-server"
            yield error("unreachable-upstream", message, front.upstream.span, hint)
            continue
        if upstream is None:
            continue
        away = [name for name in upstream.hosts if name not in proxy.hosts]
        if away and upstream.listen.loopback:
            message = (
                f'"{upstream.name}" listens on {upstream.listen.host} of host "{away[0]}", '
                f'which host "{proxy.hosts[0]}" cannot reach'
            )
            place = upstream.spans.get("listen", upstream.origin)
            related = Label(
                place, "listens here" if "listen" in upstream.spans else "listens there by default"
            )
            hint = f'let it listen on an address of "{away[0]}" that "{proxy.hosts[0]}" can reach'
            yield error("unreachable-upstream", message, front.upstream.span, hint, related)
