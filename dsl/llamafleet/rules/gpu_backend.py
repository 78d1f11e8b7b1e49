"""gpu-backend: builds that cannot compute on the cards that they are meant for."""

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
        "A build cannot compute on the cards that it is meant for.",
        in_yaml=False,
    ),
)
def gpu_backend(context: RuleContext) -> Iterator[Diagnostic]:
    """Each build against the cards of the hosts that run it."""
    for served in context.served_models:
        build = served.build
        if build is None:
            continue
        if backend(build.backend).device is None and served.model.gpus:
            span = served.model.spans.get("gpus", served.model.origin)
            message = f"the build {build.name} computes on the CPU, so it uses none of these"
            related = Label(build.spans.get("backend", build.origin), "the backend")
            hint = "take the GPUs away, or serve the model with a build for them"
            yield warning("gpu-backend", message, span, hint, related)
        for host in served.hosts:
            if host.gpus and backend(build.backend).vendors:
                yield from _checked(served, build, host)


def _checked(served: ServedModel, build: Build, host: Host) -> Iterator[Diagnostic]:
    stack = backend(build.backend)
    span = build.spans.get("backend", build.origin)
    place = host.spans.get("gpus", host.origin)
    own = [gpu.vendor for gpu in host.gpus]
    fitting = "write backend = vulkan, which computes on all of them"
    if not any(stack.computes_on(vendor) for vendor in own):
        cards = " and ".join(dict.fromkeys(own))
        message = f"{build.backend} does not compute on {cards} cards, and {host.name} has no other"
        related = Label(place, f"the GPUs of {host.name}")
        yield error("gpu-backend", message, span, fitting, related)
        return
    for index in sorted(set(served.model.gpus or ())):
        if index < len(own) and not stack.computes_on(own[index]):
            message = f"{build.backend} cannot use GPU {index} of {host.name}, an {own[index]} card"
            related = Label(place, f"the GPUs of {host.name}")
            where = served.model.spans.get("gpus", served.model.origin)
            yield error("gpu-backend", message, where, fitting, related)
