"""gpu-index: a GPU index that a host does not have."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label, Severity
from ..fleet.model import Host, Model
from .context import RuleContext
from .rule import ERROR, Code, rule


@rule(
    Code(
        "gpu-index", ERROR, "A model is pinned to a GPU that its host does not have.", in_yaml=False
    ),
)
def gpu_index(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for models pinned to GPUs that a host does not have, or pinned to one twice."""
    fleet = context.fleet
    checked: set[tuple[str, str]] = set()
    for service in fleet.services.values():
        for name in service.models:
            model = fleet.models[name]
            for host in (fleet.hosts[each] for each in service.hosts):
                if model.gpus is not None and (model.name, host.name) not in checked:
                    checked.add((model.name, host.name))
                    yield from _checked(model, host)


def _checked(model: Model, host: Host) -> Iterator[Diagnostic]:
    gpus = model.gpus or ()
    span = model.spans.get("gpus", model.origin)
    related = (Label(host.spans.get("gpus", host.origin), f'the GPUs of "{host.name}"'),)
    for index in sorted({gpu for gpu in gpus if gpu >= len(host.gpus)}):
        amount = "one GPU" if len(host.gpus) == 1 else f"{len(host.gpus) or 'no'} GPUs"
        message = (
            f'model "{model.name}" is pinned to GPU {index}, but host "{host.name}" has {amount}'
        )
        hint = "indices start at 0, in the order of the host's gpus"
        yield Diagnostic("gpu-index", Severity.ERROR, message, Label(span), related, hint)
    for index in sorted({gpu for gpu in gpus if gpus.count(gpu) > 1}):
        message = f'model "{model.name}" lists GPU {index} twice'
        yield Diagnostic(
            "gpu-index", Severity.ERROR, message, Label(span), hint="list each device once"
        )
