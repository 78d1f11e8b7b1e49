"""short-timeout: who gives up before a model can have been loaded."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Fleet, Gguf, Model
from ..targets.nginx import Nginx
from ..targets.swap.block import LlamaSwap
from .report import warning
from .rule import WARNING, Code, rule
from .survey import Survey

QUICK_DISK = 1_000_000_000
"""Bytes a second. Disks are often slower; only what is too short even here is reported."""


@rule(
    Code(
        "short-timeout",
        WARNING,
        "Something gives up before a model can have been loaded.",
        in_yaml=True,
    ),
)
def short_timeout(survey: Survey) -> Iterator[Diagnostic]:
    """Health checks against the size of weights, and proxies against health checks."""
    for service in survey.swaps:
        yield from _loads(service, survey.fleet)
    for proxy in survey.proxies:
        upstream = survey.fleet.services.get(proxy.upstream.text)
        if isinstance(upstream, LlamaSwap):
            yield from _proxied(proxy, upstream)


def _loads(service: LlamaSwap, fleet: Fleet) -> Iterator[Diagnostic]:
    """One finding a service, for its largest model."""
    sizes = {name: size_of(fleet.models[name], fleet) for name in service.models}
    if not sizes:
        return
    name = max(sizes, key=lambda each: sizes[each])
    seconds, timeout = -(-sizes[name] // QUICK_DISK), service.settings.health_check_timeout
    if seconds <= timeout:
        return
    message = (
        f"{name} has {sizes[name] / 1e9:.0f} GB to load, and is given {timeout} s: "
        f"a disk that reads 1 GB/s needs {seconds} s"
    )
    gguf = fleet.ggufs[fleet.models[name].gguf or ""]
    related = Label(gguf.spans.get("size", gguf.origin), "its weights")
    hint = f"set health-check-timeout = {_generous(seconds)}s, or what this host's disk needs"
    span = service.spans.get("health-check-timeout", service.origin)
    yield warning("short-timeout", message, span, hint, related)


def size_of(model: Model, fleet: Fleet) -> int:
    """The bytes that are known to be read when a model is loaded."""
    files: list[Gguf] = [
        fleet.ggufs[name] for name in (model.gguf, model.mmproj, model.draft) if name
    ]
    return sum(file.size or 0 for file in files) if model.gguf else 0


def _generous(seconds: int) -> int:
    return -(-seconds * 3 // 60) * 60


def _proxied(proxy: Nginx, upstream: LlamaSwap) -> Iterator[Diagnostic]:
    read, load = proxy.site.read_timeout, upstream.settings.health_check_timeout
    # With send-loading-state something is sent while a model is loaded, so nothing times out.
    if read is None or read >= load or upstream.settings.send_loading_state:
        return
    message = f"nginx gives up after {read} s, but {upstream.name} may load a model for {load} s"
    place = upstream.spans.get("health-check-timeout", upstream.origin)
    hint = "leave proxy-read-timeout out: it then covers the load and a long prompt"
    related = Label(place, f"{load} s here")
    span = proxy.spans.get("proxy-read-timeout", proxy.origin)
    yield warning("short-timeout", message, span, hint, related)
