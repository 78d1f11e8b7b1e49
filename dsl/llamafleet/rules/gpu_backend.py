"""gpu-backend: builds whose backend does not support the cards of their host."""

from __future__ import annotations

from collections.abc import Iterator

from ..backends import backend
from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Build, Host
from .context import RuleContext, ServedModel
from .report import error, warning
from .rule import ERROR, Code, rule


@rule(
    Code(
        "gpu-backend",
        ERROR,
        "The backend of a build does not support the cards of its host.",
        in_yaml=False,
    ),
)
def gpu_backend(context: RuleContext) -> Iterator[Diagnostic]:
    """Check each build against the cards of the hosts that run it."""
    for served in context.served_models:
        build = served.build
        if build is None:
            continue
        if backend(build.backend).device is None and served.model.gpus:
            span = served.model.spans.get("gpus", served.model.origin)
            message = f'build "{build.name}" computes on the CPU and uses none of these GPUs'
            related = Label(build.spans.get("backend", build.origin), "the backend")
            hint = "remove gpus, or serve the model with a build that has a GPU backend"
            yield warning("gpu-backend", message, span, hint, related)
        for host in served.hosts:
            if host.gpus and backend(build.backend).vendors:
                yield from _checked(served, build, host)


def _checked(served: ServedModel, build: Build, host: Host) -> Iterator[Diagnostic]:
    stack = backend(build.backend)
    span = build.spans.get("backend", build.origin)
    place = host.spans.get("gpus", host.origin)
    own = [gpu.vendor for gpu in host.gpus]
    fitting = "set backend = vulkan, which supports all of them"
    if not any(stack.computes_on(vendor) for vendor in own):
        cards = " and ".join(dict.fromkeys(own))
        others = f'host "{host.name}" has no others'
        message = f"backend {build.backend} does not support {cards} cards, and {others}"
        related = Label(place, f'the GPUs of "{host.name}"')
        yield error("gpu-backend", message, span, fitting, related)
        return
    for index in sorted(set(served.model.gpus or ())):
        if index < len(own) and not stack.computes_on(own[index]):
            card = f'GPU {index} of host "{host.name}", an {own[index]} card'
            message = f"backend {build.backend} cannot use {card}"
            related = Label(place, f'the GPUs of "{host.name}"')
            where = served.model.spans.get("gpus", served.model.origin)
            yield error("gpu-backend", message, where, fitting, related)
