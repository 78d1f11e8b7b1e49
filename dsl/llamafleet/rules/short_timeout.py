"""short-timeout: timeouts that are too short for a model to load."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Fleet, Gguf, Model, Service
from ..fleet.service import Limit, ModelServer
from .context import RuleContext
from .report import warning
from .rule import WARNING, Code, rule

QUICK_DISK = 1_000_000_000
"""Bytes a second. Disks are often slower; only what is too short even here is reported."""


@rule(
    Code(
        "short-timeout",
        WARNING,
        "A timeout is too short for a model to load.",
        in_yaml=True,
    ),
)
def short_timeout(context: RuleContext) -> Iterator[Diagnostic]:
    """Check health checks against the size of weights, and proxies against health checks."""
    fleet = context.fleet
    for service in fleet.services.values():
        if service.server is not None and service.server.load is not None:
            yield from _loads(service, service.server.load, fleet)
    for proxy, front in context.fronts:
        upstream = fleet.services.get(front.upstream.text)
        if upstream is not None and upstream.server is not None and front.read_timeout is not None:
            yield from _proxied(proxy, front.read_timeout, upstream, upstream.server)


def _loads(service: Service, limit: Limit, fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield one finding a service, for its largest model."""
    sizes = {name: size_of(fleet.models[name], fleet) for name in service.models}
    if not sizes:
        return
    name = max(sizes, key=lambda each: sizes[each])
    seconds, timeout = -(-sizes[name] // QUICK_DISK), limit.seconds
    if seconds <= timeout:
        return
    message = (
        f'model "{name}" has {timeout} s to load {sizes[name] / 1e9:.0f} GB: '
        f"a disk that reads 1 GB/s needs {seconds} s"
    )
    gguf = fleet.ggufs[fleet.models[name].gguf or ""]
    related = Label(gguf.spans.get("size", gguf.origin), "its weights")
    hint = f"set {limit.key} = {_generous(seconds)}s, or as long as this host's disk needs"
    yield warning("short-timeout", message, limit.origin, hint, related)


def size_of(model: Model, fleet: Fleet) -> int:
    """Return the bytes that are known to be read when a model is loaded."""
    files: list[Gguf] = [
        fleet.ggufs[name] for name in (model.gguf, model.mmproj, model.draft) if name
    ]
    return sum(file.size or 0 for file in files) if model.gguf else 0


def _generous(seconds: int) -> int:
    return -(-seconds * 3 // 60) * 60


def _proxied(
    proxy: Service, read: Limit, upstream: Service, server: ModelServer
) -> Iterator[Diagnostic]:
    # Where something is sent while a model is loaded, nothing times out.
    load = server.load
    if load is None or read.seconds >= load.seconds or server.says_loading:
        return
    message = (
        f'{proxy.kind} "{proxy.name}" gives up after {read.seconds} s, but "{upstream.name}" may '
        f"take {load.seconds} s to load a model"
    )
    hint = f"remove {read.key}: its default covers loading and a long prompt"
    related = Label(load.origin, f"{load.seconds} s here")
    yield warning("short-timeout", message, read.origin, hint, related)
