"""visible-devices: a variable that overrides the model's own `gpus`."""

from __future__ import annotations

from collections.abc import Iterator

from ..backends import BACKENDS
from ..diagnostics.model import Diagnostic, Label
from .context import RuleContext
from .report import warning
from .rule import WARNING, Code, rule

VARIABLES = frozenset(
    name for each in BACKENDS for name in (each.visible_devices, each.visible_uuids) if name
)


@rule(
    Code(
        "visible-devices",
        WARNING,
        "The environment of a model overrides the GPUs that it is pinned to.",
        in_yaml=True,
    ),
)
def visible_devices(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for models with both `gpus` and a variable for visible devices: the variable wins."""
    for served in context.served_models:
        model = served.model
        if model.gpus is None:
            continue
        written = ",".join(map(str, model.gpus))
        for name, value in model.env:
            if name in VARIABLES and value.replace(" ", "") != written:
                message = f"{name}={value} overrides gpus = [{written.replace(',', ', ')}]"
                related = Label(model.spans.get("gpus", model.origin), "pinned here")
                span = model.spans.get("env", model.origin)
                hint = "remove the variable: gpus sets it for the backend of the build"
                yield warning("visible-devices", message, span, hint, related)
