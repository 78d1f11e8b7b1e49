"""unused-definition: a definition that no service uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from ..diagnostics.model import Diagnostic, Label, Severity
from ..fleet.model import Fleet
from ..source import Span
from .context import RuleContext
from .rule import WARNING, Code, rule


class Declared(Protocol):
    """Anything that a block declares."""

    @property
    def origin(self) -> Span:
        """The block's header."""


@rule(
    Code(
        "unused-definition",
        WARNING,
        "A definition is not used by any service.",
        in_yaml=False,
    ),
)
def unused_definition(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for models, weights, builds and GPU types of the main file that nothing uses.

    What is included may be a catalogue, of which a fleet takes what it needs.
    """
    fleet = context.fleet
    models = {name for service in fleet.services.values() for name in service.models}
    builds = {name for service in fleet.services.values() for name in service.builds}
    # One that others are like is used, though nothing may serve it.
    models |= {model.like for model in fleet.models.values() if model.like}
    ggufs = {
        name
        for model in fleet.models.values()
        for name in (model.gguf, model.mmproj, model.draft)
        if name is not None
    }
    gpus = {gpu.name for host in fleet.hosts.values() for gpu in host.gpus}
    yield from _unused("gpu", fleet.gpus, gpus, fleet, "no host has it")
    yield from _unused("model", fleet.models, models, fleet, "no service serves it")
    yield from _unused("build", fleet.builds, builds, fleet, "no service runs it")
    yield from _unused("gguf", fleet.ggufs, ggufs, fleet, "no model loads it")


def _unused(
    kind: str, declared: Mapping[str, Declared], used: set[str], fleet: Fleet, why: str
) -> Iterator[Diagnostic]:
    for name, definition in declared.items():
        if name not in used and definition.origin.path == fleet.path:
            message = f'{kind} "{name}" is never used: {why}'
            hint = "use it or remove it"
            label = Label(definition.origin)
            yield Diagnostic("unused-definition", Severity.WARNING, message, label, hint=hint)
