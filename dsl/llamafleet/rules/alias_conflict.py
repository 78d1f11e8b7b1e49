"""alias-conflict: an id that two models of one service have."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label, Severity
from ..fleet.model import Model
from .context import RuleContext
from .rule import ERROR, Code, rule


@rule(
    Code(
        "alias-conflict",
        ERROR,
        "Two models of one service would answer to the same id.",
        in_yaml=False,
    ),
)
def alias_conflict(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for aliases that equal a model's id or another alias of the same service.

    llama-swap refuses the second case; in the first it silently never uses the alias.
    """
    fleet = context.fleet
    reported: set[tuple[str, str, str]] = set()
    for service in fleet.services.values():
        models = [fleet.models[name] for name in service.models]
        owners = {model.name: model for model in models}
        for model in models:
            seen: set[str] = set()
            for alias in model.aliases:
                owner = owners.setdefault(alias, model)
                clash = (alias, model.name, owner.name)
                if owner is model and alias not in seen and alias != model.name:
                    seen.add(alias)
                elif clash not in reported:
                    reported.add(clash)
                    yield _conflict(alias, model, owner, service.name)


def _conflict(alias: str, model: Model, owner: Model, service: str) -> Diagnostic:
    if alias == model.name:
        message = f'alias "{alias}" is the name of its own model'
    elif owner is model:
        message = f'alias "{alias}" of model "{model.name}" is listed twice'
    else:
        kind = "the name" if alias == owner.name else "an alias"
        message = (
            f'alias "{alias}" of model "{model.name}" is also {kind} of another model of '
            f'"{service}"'
        )
    related = () if owner is model else (Label(owner.origin, "the other model"),)
    return Diagnostic(
        "alias-conflict",
        Severity.ERROR,
        message,
        Label(model.spans.get("aliases", model.origin)),
        related,
        "remove the alias from one of them" if related else "remove it",
    )
