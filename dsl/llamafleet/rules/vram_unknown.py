"""vram-unknown: a model of unknown size on a card that is checked."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from ..fleet.model import Service
from .context import RuleContext
from .gpu_shared import devices_of
from .report import warning
from .rule import WARNING, Code, rule


@rule(
    Code(
        "vram-unknown",
        WARNING,
        "The memory of a model is unknown, so its card cannot be checked in full.",
        in_yaml=False,
    ),
)
def vram_unknown(context: RuleContext) -> Iterator[Diagnostic]:
    """Check that the memory of each model is known, in fleets that have a lock.

    Services whose models are not counted at all are reported in any case.
    """
    yield from _uncounted(context)
    if not context.fleet.facts:
        return
    said: set[str] = set()
    said.update(name for each in _without_server(context) for name in each.models)
    derived = {each.name for each in context.swaps if each.matrix and each.matrix.auto.sets}
    for served in context.served_models:
        model, service = served.model, served.service
        if service.name in derived:
            continue  # said where its sets were derived
        for host in served.hosts:
            cards = [host.gpus[each] for each in devices_of(served, host) if each < len(host.gpus)]
            if model.name in said or not any(card.vram is not None for card in cards):
                continue
            found = context.footprints.of(service.name, model.name, host.name)
            unknown = next((each.why for each in found if not each.known), None)
            if unknown is not None:
                said.add(model.name)
                message = f'VRAM of model "{model.name}" on host "{host.name}" is unknown'
                hint = "set vram = ... in the model"
                if model.gguf is not None and model.gguf not in context.fleet.facts:
                    hint = f"run llamafleet lock, or {hint}"
                yield warning("vram-unknown", f"{message}: {unknown}", model.origin, hint)


def _without_server(context: RuleContext) -> list[Service]:
    services = context.fleet.services.values()
    return [each for each in services if each.models and each.server is None]


def _uncounted(context: RuleContext) -> Iterator[Diagnostic]:
    """Yield a finding for each service that does not say how it runs its models."""
    for service in _without_server(context):
        message = (
            f'memory of {service.kind} "{service.name}" is not checked: llamafleet does not know '
            "how it runs its models"
        )
        hint = "reserve room for them: gpu-reserved = ... in its hosts"
        yield warning("vram-unknown", message, service.origin, hint)
