"""gpu-ids: names of cards that do not fit the cards, or that a backend cannot tell apart."""

from __future__ import annotations

from collections.abc import Iterator

from ..backends import backend
from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Build, Host
from .context import RuleContext, ServedModel
from .report import error
from .rule import ERROR, Code, rule

DISCOVER = "pyinfra HOSTS deploys/discover.py prints them"


@rule(
    Code(
        "gpu-ids",
        ERROR,
        "GPUs are named by UUID or PCI address in a way that cannot work.",
        in_yaml=False,
    ),
)
def gpu_ids(context: RuleContext) -> Iterator[Diagnostic]:
    """Check `gpu-ids` against the cards of its host, and against the builds that run there."""
    for host in context.fleet.hosts.values():
        if host.gpu_ids:
            yield from _of_host(host)
    reported: set[tuple[str, str]] = set()
    for served in context.served_models:
        build = served.build
        for host in served.hosts if build is not None else ():
            if build is not None and host.gpu_ids and (build.name, host.name) not in reported:
                found = list(_of_build(served, build, host))
                if found:
                    reported.add((build.name, host.name))
                yield from found


def _of_host(host: Host) -> Iterator[Diagnostic]:
    span = host.spans.get("gpu-ids", host.origin)
    cards, names = len(host.gpus), len(host.gpu_ids)
    if cards != names:
        message = f'host "{host.name}" has {cards or "no"} GPUs, but gpu-ids names {names}'
        related = Label(host.spans.get("gpus", host.origin), "its GPUs")
        hint = f"name each GPU once, in the order of gpus: {DISCOVER}"
        yield error("gpu-ids", message, span, hint, related)
    for name in dict.fromkeys(host.gpu_ids):
        if host.gpu_ids.count(name) > 1:
            message = f'gpu-ids of host "{host.name}" names {name} twice'
            yield error("gpu-ids", message, span, f"name each GPU once: {DISCOVER}")


def _of_build(served: ServedModel, build: Build, host: Host) -> Iterator[Diagnostic]:
    """Yield what keeps a build from finding the cards; one card that is all there is, it finds."""
    stack = backend(build.backend)
    alone = len(host.gpus) == 1 and served.model.gpus is None
    found = stack.visible_uuids is not None or bool(stack.finder)
    if stack.visible_devices is None or (alone and not found):
        return
    span = host.spans.get("gpu-ids", host.origin)
    related = Label(build.spans.get("backend", build.origin), "the backend")
    if not found:
        message = f'backend {build.backend} counts the GPUs of "{host.name}" in an order of its own'
        hint = "remove gpu-ids, or set backend = vulkan, which finds cards by their PCI addresses"
        yield error("gpu-ids", message, span, hint, related)
        return
    for index, (gpu, name) in enumerate(zip(host.gpus, host.gpu_ids, strict=False)):
        if stack.computes_on(gpu.vendor) and not stack.pins(gpu.vendor, name):
            kind = "PCI address" if name.startswith("GPU-") else "UUID"
            message = f"backend {build.backend} finds GPU {index} by its {kind} only, not by {name}"
            hint = f"name it by its {kind}: {DISCOVER}"
            yield error("gpu-ids", message, span, hint, related)
